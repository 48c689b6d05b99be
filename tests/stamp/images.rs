//! Executables of every kind that the product meets, made on the spot from small C programs.

use crate::fixtures::Lab;
use crate::sample;
use std::sync::LazyLock;

/// An address that is always taken in a Windows process: the loader has to relocate what is linked for it.
const TAKEN: &str = "0x7ffe0000";

/// One executable.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) arch: &'static str,
    pub(crate) exe: Vec<u8>,
    /// Made by GNU binutils, whose tools can read its symbols.
    pub(crate) gnu: bool,
    /// Has VERSIONINFO, manifest, icons and data of its own.
    pub(crate) own: bool,
    /// Lines can be found: DWARF inside, or a PDB of this name and content beside it.
    pub(crate) lines: Lines,
    /// The probe, which can run, and whether the loader has to relocate it.
    pub(crate) probe: Option<bool>,
}

/// Where debug information is.
pub(crate) enum Lines {
    None,
    Inside,
    Beside(String, Vec<u8>),
}

/// All of them, made once.
pub(crate) static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(all);

/// The one of that name.
pub(crate) fn named(name: &str) -> &'static Fixture {
    ALL.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no fixture {name}"))
}

const PROBE: &str = include_str!("../windows/probe/probe.c");

/// Everything that tables can hold, without headers or a C library, so that any clang makes an image of it.
const TINY: &str = r#"
#ifdef __i386__
#define API __attribute__((stdcall))
#else
#define API
#endif
__declspec(dllimport) unsigned API GetTickCount(void);
__declspec(dllimport) void API ExitProcess(unsigned);
__declspec(dllimport) int API MessageBeep(unsigned);
void *__delayLoadHelper2(const void *descriptor, void **slot) { return slot ? *slot : (void *)descriptor; }
int data[3] = {1, 2, 3};
int *volatile pointers[3] = {&data[0], &data[1], &data[2]};
__declspec(dllexport) __attribute__((noinline)) int marker(int x)
{
    volatile int y = x + 1;
    return y * 2;
}
int (*volatile function)(int) = marker;
void start(void)
{
    if (GetTickCount() == 0)
        MessageBeep(0);
    ExitProcess(function(*pointers[2]) == 8 ? 0 : 1);
}
"#;

/// A crate's own resources; language 0 and 1033, named and numbered.
const OWN: &str = r#"
1 VERSIONINFO
FILEVERSION 9,9,9,9
PRODUCTVERSION 9,9,9,9
BEGIN
 BLOCK "StringFileInfo" BEGIN BLOCK "040904b0" BEGIN VALUE "ProductName", "Theirs" END END
 BLOCK "VarFileInfo" BEGIN VALUE "Translation", 0x409, 1200 END
END
LANGUAGE 0, 0
1 24 "own.manifest"
MAINICON ICON "own.ico"
7 ICON "own.ico"
THEIRS RCDATA
BEGIN
 0x1234, 0x5678
END
"#;

const OWN_MANIFEST: &str = "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\" manifestVersion=\"1.0\"><description>own</description></assembly>\n";

fn all() -> Vec<Fixture> {
    let lab = Lab::new();
    lab.write("probe.c", PROBE);
    lab.write("tiny.c", TINY);
    lab.write("own.rc", OWN);
    lab.write("own.manifest", OWN_MANIFEST);
    lab.write("own.ico", sample::small_icon());
    let mut list = Vec::new();
    for arch in ["x86_64", "i686"] {
        gnu(&lab, arch, &mut list);
    }
    duplicates(&lab, &mut list);
    mingw_lld(&lab, &mut list);
    for (arch, machine) in [("x86_64", "i386:x86-64"), ("aarch64", "arm64")] {
        msvc(&lab, arch, machine, &mut list);
    }
    derived(&lab, &mut list);
    list
}

fn gnu(lab: &Lab, arch: &'static str, list: &mut Vec<Fixture>) {
    let tool = |name: &str| format!("{arch}-w64-mingw32-{name}");
    let build = |exe: &str, base: &str, flags: &[&str]| {
        let (define, image_base) =
            (format!("-DPREFERRED={base}"), format!("-Wl,--image-base,{base},--export-all-symbols"));
        let mut args = vec!["-O1", "-municode", &define, &image_base, "-o", exe, "probe.c"];
        args.extend(flags);
        args.extend(["-lversion", "-luser32", "-limagehlp"]);
        lab.run(&tool("gcc"), &args);
        lab.read(exe)
    };
    let mut tinies = Vec::new();
    let mut add = |name: &str, exe: Vec<u8>, own: bool, lines: Lines, relocated: bool| {
        list.push(Fixture {
            name: format!("gnu-{arch}-{name}"),
            arch,
            exe,
            gnu: true,
            own,
            lines,
            probe: Some(relocated),
        });
    };
    lab.run(&tool("windres"), &["own.rc", "own.o"]);
    let whole = build("whole.exe", TAKEN, &["-g", "-Wl,--build-id"]);
    // What the product makes: stripped, with a link to the separate debug information.
    lab.run(&tool("objcopy"), &["--only-keep-debug", "whole.exe", "linked.exe.debug"]);
    lab.run(&tool("strip"), &["-o", "linked.exe", "whole.exe"]);
    lab.run(&tool("objcopy"), &["--add-gnu-debuglink=linked.exe.debug", "linked.exe"]);
    add("whole", whole, false, Lines::Inside, true);
    let debug = Lines::Beside("linked.exe.debug".into(), lab.read("linked.exe.debug"));
    add("linked", lab.read("linked.exe"), false, debug, true);
    add("stripped", build("a.exe", TAKEN, &["-s"]), false, Lines::None, true);
    add("own", build("a.exe", TAKEN, &["-s", "own.o"]), true, Lines::None, true);
    add("own-whole", build("a.exe", TAKEN, &["-g", "own.o"]), true, Lines::Inside, true);
    let entry = if arch == "x86_64" { "-Wl,-e,start" } else { "-Wl,-e,_start" };
    let tiny = ["-O1", "-nostdlib", "-fno-stack-check", "-mno-stack-arg-probe", entry, "-o", "tiny.exe", "tiny.c"];
    for (name, extra) in [("tiny", &["-s"][..]), ("tiny-own", &["-s", "own.o"]), ("tiny-symbols", &["-Wl,--build-id"])]
    {
        lab.run(&tool("gcc"), &[&tiny[..], extra, &["-lkernel32", "-luser32"]].concat());
        let own = name == "tiny-own";
        tinies.push(Fixture {
            name: format!("gnu-{arch}-{name}"),
            arch,
            exe: lab.read("tiny.exe"),
            gnu: true,
            own,
            lines: Lines::None,
            probe: None,
        });
    }
    let base = if arch == "x86_64" { "0x140000000" } else { "0x400000" };
    add("in-place", build("a.exe", base, &["-s", "-Wl,--disable-dynamicbase"]), false, Lines::None, false);
    list.extend(tinies);
}

/// GNU ld complains about two resource objects, ends well, and keeps both.
fn duplicates(lab: &Lab, list: &mut Vec<Fixture>) {
    lab.write("two.rc", OWN.replace("9,9,9,9", "8,8,8,8"));
    lab.run("x86_64-w64-mingw32-windres", &["own.rc", "own.o"]);
    lab.run("x86_64-w64-mingw32-windres", &["two.rc", "two.o"]);
    let base = format!("-Wl,--image-base,{TAKEN}");
    let define = format!("-DPREFERRED={TAKEN}");
    let libraries = ["-lversion", "-luser32", "-limagehlp"];
    let mut args = vec!["-s", "-O1", "-municode", &define, &base, "-o", "two.exe", "probe.c", "own.o", "two.o"];
    args.extend(libraries);
    lab.run("x86_64-w64-mingw32-gcc", &args);
    list.push(Fixture {
        name: "gnu-x86_64-duplicates".into(),
        arch: "x86_64",
        exe: lab.read("two.exe"),
        gnu: true,
        own: true,
        lines: Lines::None,
        probe: Some(true),
    });
}

fn mingw_lld(lab: &Lab, list: &mut Vec<Fixture>) {
    let base = format!("-Wl,--image-base,{TAKEN},--export-all-symbols");
    let define = format!("-DPREFERRED={TAKEN}");
    let common = ["--target=x86_64-w64-windows-gnu", "-fuse-ld=lld-19", "-O1", "-municode", &define, &base, "probe.c"];
    let libraries = ["-lversion", "-luser32", "-limagehlp"];
    for (name, flags) in
        [("dwarf", &["-g", "-o", "lld.exe"][..]), ("pdb", &["-g", "-gcodeview", "-Wl,--pdb=lld.pdb", "-o", "lld.exe"])]
    {
        lab.run("clang-19", &[&common[..], flags, &libraries].concat());
        // LLVM 19 finds no lines in a PDB of the mingw flavour, stamped or not; the msvc ones have some.
        let lines = if name == "pdb" { Lines::None } else { Lines::Inside };
        let exe = lab.read("lld.exe");
        list.push(Fixture {
            name: format!("lld-x86_64-{name}"),
            arch: "x86_64",
            exe,
            gnu: name == "dwarf",
            own: false,
            lines,
            probe: Some(true),
        });
    }
}

fn msvc(lab: &Lab, arch: &'static str, machine: &str, list: &mut Vec<Fixture>) {
    for (dll, functions) in [("kernel32", "GetTickCount\nExitProcess"), ("user32", "MessageBeep")] {
        lab.write("dll.def", format!("LIBRARY {dll}.dll\nEXPORTS\n{functions}\n"));
        lab.run("llvm-dlltool-19", &["-m", machine, "-d", "dll.def", "-l", &format!("{dll}.lib")]);
    }
    let target = format!("--target={arch}-pc-windows-msvc");
    for (format, object) in [("-gcodeview", "codeview.obj"), ("-gdwarf", "dwarf.obj")] {
        let args = [&target, "-O1", "-g", format, "-fno-builtin", "-mno-stack-arg-probe", "-c", "-o", object, "tiny.c"];
        lab.run("clang-19", &args);
    }
    lab.run("llvm-rc-19", &["/fo", "own.res", "own.rc"]);
    let link = |extra: &[&str]| {
        let common = ["/nologo", "/subsystem:console", "/entry:start", "/nodefaultlib", "/Brepro", "/out:tiny.exe"];
        let libraries = ["kernel32.lib", "user32.lib", "/delayload:user32.dll"];
        lab.run("lld-link-19", &[&common[..], extra, &libraries].concat());
        lab.read("tiny.exe")
    };
    let mut add = |name: &str, exe: Vec<u8>, own: bool, lines: Lines| {
        list.push(Fixture { name: format!("msvc-{arch}-{name}"), arch, exe, gnu: false, own, lines, probe: None });
    };
    let pdb = ["/debug", "/pdb:tiny.pdb", "/pdbaltpath:tiny.pdb", "codeview.obj"];
    let exe = link(&pdb);
    add("pdb", exe, false, Lines::Beside("tiny.pdb".into(), lab.read("tiny.pdb")));
    let exe = link(&[&pdb[..], &["own.res"]].concat());
    add("own-pdb", exe, true, Lines::Beside("tiny.pdb".into(), lab.read("tiny.pdb")));
    add("dwarf", link(&["/debug:dwarf", "dwarf.obj"]), false, Lines::Inside);
    add("own-dwarf", link(&["/debug:dwarf", "dwarf.obj", "own.res"]), true, Lines::Inside);
    if arch == "x86_64" {
        // arm64 is always relocatable.
        add("fixed", link(&["/fixed", "codeview.obj"]), false, Lines::None);
    }
}

/// The awkward ones: data behind the image, full headers, and resources that can neither grow nor move.
fn derived(lab: &Lab, list: &mut Vec<Fixture>) {
    let mut more = Vec::new();
    for of in ["gnu-x86_64-stripped", "gnu-x86_64-whole", "gnu-x86_64-own", "gnu-x86_64-own-whole", "msvc-x86_64-pdb"] {
        let Some(base) = list.iter().find(|f| f.name == of) else { panic!("{of}") };
        let copy = |suffix: &str, exe: Vec<u8>| Fixture {
            name: format!("{of}+{suffix}"),
            arch: base.arch,
            exe,
            gnu: base.gnu,
            own: base.own,
            lines: match &base.lines {
                Lines::None => Lines::None,
                Lines::Inside => Lines::Inside,
                Lines::Beside(name, bytes) => Lines::Beside(name.clone(), bytes.clone()),
            },
            probe: base.probe,
        };
        more.push(copy("overlay", [base.exe.as_slice(), &[b'o'; 3001]].concat()));
        more.push(copy("full-headers", full_headers(&base.exe)));
        if of == "gnu-x86_64-own" {
            lab.write("own.exe", &base.exe);
            lab.write("extra.bin", [7; 700]);
            let end = cargo_winsvc::pe::Image::parse(&base.exe).expect("parses").size_of_image();
            let address = format!(".extra={:#x}", 0x7ffe_0000 + u64::from(end));
            let flags = ".extra=alloc,load,data,readonly,contents";
            lab.run(
                "x86_64-w64-mingw32-objcopy",
                &[
                    "--add-section",
                    ".extra=extra.bin",
                    "--set-section-flags",
                    flags,
                    "--change-section-address",
                    &address,
                    "own.exe",
                    "extra.exe",
                ],
            );
            more.push(copy("hemmed-in", lab.read("extra.exe")));
        }
    }
    list.extend(more);
}

/// Moves the PE header up against the end of the header area, so that there is no room behind the section table.
fn full_headers(exe: &[u8]) -> Vec<u8> {
    let long = |at: usize| u32::from_le_bytes(exe[at..at + 4].try_into().expect("four bytes")) as usize;
    let short = |at: usize| usize::from(u16::from_le_bytes([exe[at], exe[at + 1]]));
    let nt = long(0x3c);
    let size_of_headers = long(nt + 24 + 60);
    let length = 24 + short(nt + 20) + 40 * short(nt + 6);
    let place = (size_of_headers - length) & !7;
    let mut out = exe.to_vec();
    out[nt..size_of_headers].fill(0);
    out[place..place + length].copy_from_slice(&exe[nt..nt + length]);
    out[0x3c..0x40].copy_from_slice(&(place as u32).to_le_bytes());
    out
}
