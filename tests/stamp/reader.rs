//! `pe::Image` on files of GNU ld.

use crate::fixtures::Lab;
use cargo_winsvc::pe::Image;

const HELLO: &str = "#include <windows.h>\nint main(void) { return GetTickCount() == 0; }\n";

#[test]
fn headers_imports_debug_id_and_debug_link() {
    let lab = Lab::new();
    lab.write("hello.c", HELLO);
    for (arch, machine, plus) in [("x86_64", 0x8664, true), ("i686", 0x014c, false)] {
        let tool = |name: &str| format!("{arch}-w64-mingw32-{name}");
        lab.run(&tool("gcc"), &["-g", "-Wl,--build-id", "-o", "hello.exe", "hello.c"]);
        lab.run(&tool("objcopy"), &["--only-keep-debug", "hello.exe", "hello.exe.debug"]);
        lab.run(&tool("strip"), &["-o", "thin.exe", "hello.exe"]);
        lab.run(&tool("objcopy"), &["--add-gnu-debuglink=hello.exe.debug", "thin.exe"]);
        let bytes = lab.read("thin.exe");
        let image = Image::parse(&bytes).expect("parses");
        assert_eq!((image.machine(), image.is_pe32_plus()), (machine, plus));
        assert_eq!(image.subsystem(), 3);
        assert!(image.dll_characteristics() & 0x140 == 0x140, "ASLR and DEP");
        let imports = image.imports().expect("imports");
        let kernel = imports.iter().find(|i| i.dll == "KERNEL32.dll").expect("kernel32");
        assert!(kernel.names.iter().any(|n| n == "GetTickCount"), "{kernel:?}");
        let (name, crc) = image.debuglink().expect("debug link");
        assert_eq!((name.as_str(), crc), ("hello.exe.debug", crc32fast::hash(&lab.read("hello.exe.debug"))));
        let id = image.debug_id().expect("build id");
        let printed = lab.run("llvm-readobj-19", &["--coff-debug-directory", "thin.exe"]);
        let guid = printed.lines().find_map(|l| l.trim().strip_prefix("PDBGUID: ")).expect("a GUID");
        assert_eq!(id.guid_hex(), guid.replace(['{', '}', '-'], "").to_uppercase());
        assert_eq!((id.age, id.pdb_name.as_str()), (1, ""));
        assert!(image.section_names().any(|n| n == ".gnu_debuglink"));
        assert_eq!(image.stored_checksum(), image.computed_checksum(), "GNU strip computes it");
        assert_eq!(image.version_info(), None);
        assert!(image.resources().expect("no tree").is_empty());
    }
}

#[test]
fn what_is_no_image_is_an_error() {
    for bytes in [&b""[..], b"MZ", b"\x7fELF", &[b'M'; 4096]] {
        assert!(Image::parse(bytes).is_err());
    }
}
