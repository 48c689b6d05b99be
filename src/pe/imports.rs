//! Import tables, ordinary and delayed.

use super::bytes::{c_str, u16_at, u32_at, u64_at};
use super::error::{Error, malformed};
use super::headers::directory;
use super::image::Image;

/// What is imported from one DLL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The DLL's name as it stands.
    pub dll: String,
    /// Function names; `#17` for those imported by ordinal.
    pub names: Vec<String>,
    /// Loaded on first use only.
    pub delayed: bool,
}

/// Hostile tables may point to each other's entries: no real image comes near these.
const MAX_DLLS: usize = 4096;
const MAX_NAMES: usize = 1 << 17;
const MAX_NAME: usize = 4096;

pub(crate) fn read(image: &Image<'_>) -> Result<Vec<Import>, Error> {
    let mut reader = Reader { image, names: 0 };
    let mut imports = Vec::new();
    if let Some((rva, _)) = image.headers.directory(image.bytes, directory::IMPORT) {
        reader.table(rva, &mut imports)?;
    }
    if let Some((rva, _)) = image.headers.directory(image.bytes, directory::DELAY_IMPORT) {
        reader.delayed(rva, &mut imports)?;
    }
    Ok(imports)
}

struct Reader<'i, 'a> {
    image: &'i Image<'a>,
    names: usize,
}

impl Reader<'_, '_> {
    /// IMAGE_IMPORT_DESCRIPTORs, up to the one that is all zeros.
    fn table(&mut self, rva: u32, imports: &mut Vec<Import>) -> Result<(), Error> {
        for number in 0.. {
            let [lookup, _, _, name, addresses] = self.fields(rva, number, "import table")?;
            if name == 0 || addresses == 0 {
                break;
            }
            let thunks = if lookup == 0 { addresses } else { lookup };
            self.dll(imports, name, thunks, false)?;
        }
        Ok(())
    }

    /// Delay-load descriptors (`ImgDelayDescr`). Before Visual C++ 7 they held addresses rather than RVAs: bit 0 of the
    /// attributes tells.
    fn delayed(&mut self, rva: u32, imports: &mut Vec<Import>) -> Result<(), Error> {
        for number in 0.. {
            let [attributes, name, _, _, names, _, _, _] = self.fields(rva, number, "delay import table")?;
            if name == 0 {
                break;
            }
            let base = if attributes & 1 == 1 { 0 } else { self.image.headers.image_base as u32 };
            self.dll(imports, name.wrapping_sub(base), names.wrapping_sub(base), true)?;
        }
        Ok(())
    }

    /// The fields of a table's descriptor.
    fn fields<const N: usize>(&self, table: u32, number: u32, what: &'static str) -> Result<[u32; N], Error> {
        let size = 4 * N as u32;
        let at = number.checked_mul(size).and_then(|offset| table.checked_add(offset));
        let bytes = at.and_then(|at| self.image.bytes_at(at, size)).ok_or(Error::Truncated(what))?;
        let mut fields = [0; N];
        for (i, field) in fields.iter_mut().enumerate() {
            *field = u32_at(bytes, 4 * i).ok_or(Error::Truncated(what))?;
        }
        Ok(fields)
    }

    fn dll(&mut self, imports: &mut Vec<Import>, name: u32, thunks: u32, delayed: bool) -> Result<(), Error> {
        if imports.len() >= MAX_DLLS {
            return malformed(format!("imports from more than {MAX_DLLS} DLLs"));
        }
        let dll = self.text(name, 0)?;
        let names = self.thunks(thunks)?;
        imports.push(Import { dll, names, delayed });
        Ok(())
    }

    fn thunks(&mut self, rva: u32) -> Result<Vec<String>, Error> {
        let wide = self.image.headers.pe32_plus;
        let list = self.image.rest_at(rva).ok_or(Error::Truncated("import lookup table"))?;
        let mut names = Vec::new();
        for number in 0.. {
            let thunk = if wide { u64_at(list, 8 * number) } else { u32_at(list, 4 * number).map(u64::from) };
            let thunk = thunk.ok_or(Error::Truncated("import lookup table"))?;
            if thunk == 0 {
                break;
            }
            self.names += 1;
            if self.names > MAX_NAMES {
                return malformed(format!("more than {MAX_NAMES} imported functions"));
            }
            let by_ordinal = thunk >> if wide { 63 } else { 31 } == 1;
            names.push(if by_ordinal {
                format!("#{}", thunk & 0xffff)
            } else {
                self.text(thunk as u32 & 0x7fff_ffff, 2)?
            });
        }
        Ok(names)
    }

    /// A NUL-terminated name, `skip` bytes (the hint) behind an RVA.
    fn text(&self, rva: u32, skip: usize) -> Result<String, Error> {
        let lost = Error::Truncated("import names");
        let bytes = self.image.rest_at(rva).ok_or(lost.clone())?;
        if skip == 2 {
            u16_at(bytes, 0).ok_or(lost.clone())?;
        }
        let bytes = bytes.get(skip..).ok_or(lost.clone())?;
        let name = c_str(bytes.get(..MAX_NAME).unwrap_or(bytes)).ok_or(lost)?;
        Ok(String::from_utf8_lossy(name).into_owned())
    }
}
