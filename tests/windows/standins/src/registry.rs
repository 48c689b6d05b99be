//! The registry below HKEY_LOCAL_MACHINE.

use crate::wide::{multi, narrow, wide};
use std::ptr;
use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_ALL_ACCESS, REG_BINARY, REG_DWORD, REG_MULTI_SZ, REG_SZ,
    RegCloseKey, RegCreateKeyExW, RegDeleteTreeW, RegDeleteValueW, RegEnumKeyExW, RegEnumValueW, RegOpenKeyExW,
    RegSetValueExW,
};

/// Where the stand-ins keep what has no place of its own, and tests leave orders.
pub const OWN: &str = r"Software\standins";
/// The service database.
pub const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

pub struct Key(HKEY);

/// A value of the registry, raw.
pub struct Value {
    pub kind: u32,
    pub data: Vec<u8>,
}

impl Value {
    pub fn as_dword(&self) -> Option<u32> {
        (self.kind == REG_DWORD).then(|| self.data.get(..4)?.try_into().ok().map(u32::from_le_bytes)).flatten()
    }

    pub fn as_text(&self) -> Option<String> {
        let units: Vec<u16> = self.data.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).chain([0]).collect();
        // SAFETY: ends in NUL by the line above.
        (self.kind == REG_SZ).then(|| unsafe { narrow(units.as_ptr()) })
    }
}

impl Key {
    pub fn open(parent: &str, name: &str) -> Option<Self> {
        Self::open_below(HKEY_LOCAL_MACHINE, &format!("{parent}\\{name}"))
    }

    /// `HKLM\…` or `HKCU\…`.
    pub fn open_path(path: &str) -> Option<Self> {
        let (hive, rest) = path.split_once('\\').unwrap_or((path, ""));
        Self::open_below(if hive == "HKCU" { HKEY_CURRENT_USER } else { HKEY_LOCAL_MACHINE }, rest)
    }

    fn open_below(hive: HKEY, path: &str) -> Option<Self> {
        let (path, mut key) = (wide(path), ptr::null_mut());
        // SAFETY: the string ends in NUL; `key` receives the handle.
        let code = unsafe { RegOpenKeyExW(hive, path.as_ptr(), 0, KEY_ALL_ACCESS, &raw mut key) };
        (code == ERROR_SUCCESS).then_some(Key(key))
    }

    /// Names of the keys below.
    pub fn keys(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut name = [0; 256];
        for index in 0.. {
            let mut len = 256;
            let nothing = ptr::null_mut();
            // SAFETY: the length is that of the buffer.
            let code = unsafe {
                RegEnumKeyExW(
                    self.0,
                    index,
                    name.as_mut_ptr(),
                    &raw mut len,
                    ptr::null(),
                    nothing,
                    ptr::null_mut(),
                    ptr::null_mut(),
                )
            };
            if code != ERROR_SUCCESS {
                break;
            }
            out.push(String::from_utf16_lossy(&name[..len as usize]));
        }
        out
    }

    pub fn create(parent: &str, name: &str) -> Result<Self, u32> {
        let (path, mut key) = (wide(&format!("{parent}\\{name}")), ptr::null_mut());
        // SAFETY: as above.
        let code = unsafe {
            RegCreateKeyExW(
                HKEY_LOCAL_MACHINE,
                path.as_ptr(),
                0,
                ptr::null(),
                0,
                KEY_ALL_ACCESS,
                ptr::null(),
                &raw mut key,
                ptr::null_mut(),
            )
        };
        if code == ERROR_SUCCESS { Ok(Key(key)) } else { Err(code) }
    }

    fn set(&self, name: &str, kind: u32, data: &[u8]) -> Result<(), u32> {
        let name = wide(name);
        let len = u32::try_from(data.len()).expect("small values");
        // SAFETY: the name ends in NUL; `len` is the length of `data`.
        let code = unsafe { RegSetValueExW(self.0, name.as_ptr(), 0, kind, data.as_ptr(), len) };
        if code == ERROR_SUCCESS { Ok(()) } else { Err(code) }
    }

    pub fn set_dword(&self, name: &str, value: u32) -> Result<(), u32> {
        self.set(name, REG_DWORD, &value.to_le_bytes())
    }

    pub fn set_binary(&self, name: &str, value: &[u8]) -> Result<(), u32> {
        self.set(name, REG_BINARY, value)
    }

    pub fn set_text(&self, name: &str, value: &str) -> Result<(), u32> {
        self.set(name, REG_SZ, &bytes(&wide(value)))
    }

    pub fn set_texts(&self, name: &str, values: &[String]) -> Result<(), u32> {
        self.set(name, REG_MULTI_SZ, &bytes(&multi(values)))
    }

    pub fn unset(&self, name: &str) {
        let name = wide(name);
        // SAFETY: the name ends in NUL.
        unsafe { RegDeleteValueW(self.0, name.as_ptr()) };
    }

    pub fn get(&self, name: &str) -> Option<Value> {
        self.values().into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }

    pub fn values(&self) -> Vec<(String, Value)> {
        let mut out = Vec::new();
        let (mut name, mut data) = (vec![0; 16_384], vec![0; 65_536]);
        for index in 0.. {
            let (mut name_len, mut data_len, mut kind) = (16_384, 65_536, 0);
            // SAFETY: the lengths are those of the buffers.
            let code = unsafe {
                RegEnumValueW(
                    self.0,
                    index,
                    name.as_mut_ptr(),
                    &raw mut name_len,
                    ptr::null(),
                    &raw mut kind,
                    data.as_mut_ptr(),
                    &raw mut data_len,
                )
            };
            if code != ERROR_SUCCESS {
                break;
            }
            let data = data[..data_len as usize].to_vec();
            out.push((String::from_utf16_lossy(&name[..name_len as usize]), Value { kind, data }));
        }
        out
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and used no more.
        unsafe { RegCloseKey(self.0) };
    }
}

/// Removes a key with all below it.
pub fn delete_tree(parent: &str, name: &str) {
    let path = wide(&format!("{parent}\\{name}"));
    // SAFETY: the path ends in NUL.
    unsafe { RegDeleteTreeW(HKEY_LOCAL_MACHINE, path.as_ptr()) };
}

fn bytes(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|u| u.to_le_bytes()).collect()
}
