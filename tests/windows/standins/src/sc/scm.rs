//! The service manager's own interface.

use super::Failed;
use super::options::Settings;
use crate::wide::{multi, narrow, wide};
use std::ptr;
use windows_sys::Win32::Foundation::{GetLastError, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, ChangeServiceConfigW, CloseServiceHandle, ControlService, CreateServiceW, DeleteService,
    OpenSCManagerW, OpenServiceW, QUERY_SERVICE_CONFIGW, QueryServiceConfig2W, QueryServiceConfigW,
    QueryServiceStatusEx, SC_HANDLE, SC_MANAGER_ALL_ACCESS, SC_STATUS_PROCESS_INFO, SERVICE_ALL_ACCESS,
    SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_CONFIG_DESCRIPTION, SERVICE_CONTROL_STOP,
    SERVICE_DELAYED_AUTO_START_INFO, SERVICE_DESCRIPTIONW, SERVICE_ERROR_NORMAL, SERVICE_NO_CHANGE, SERVICE_STATUS,
    SERVICE_STATUS_PROCESS, SERVICE_WIN32_OWN_PROCESS, SetServiceObjectSecurity, StartServiceW,
};

const DEMAND_START: u32 = 3;

struct Handle(SC_HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and used no more.
        unsafe { CloseServiceHandle(self.0) };
    }
}

fn last(call: &str) -> Failed {
    // SAFETY: reads a number of this thread.
    Failed::new(call, unsafe { GetLastError() })
}

fn manager() -> Result<Handle, Failed> {
    // SAFETY: null names this machine and the active database.
    let handle = unsafe { OpenSCManagerW(ptr::null(), ptr::null(), SC_MANAGER_ALL_ACCESS) };
    if handle.is_null() { Err(last("OpenSCManager")) } else { Ok(Handle(handle)) }
}

/// Null for "no change" and "default", else the text.
fn pointer(text: Option<&Vec<u16>>) -> *const u16 {
    text.map_or(ptr::null(), Vec::as_ptr)
}

pub struct Service(Handle);

pub struct Status {
    pub kind: u32,
    pub state: u32,
    pub accepts: u32,
    pub win32_exit: u32,
    pub service_exit: u32,
    pub checkpoint: u32,
    pub wait_hint: u32,
    pub pid: u32,
}

pub struct Config {
    pub start: u32,
    pub delayed: bool,
    pub error: u32,
    pub bin_path: String,
    pub display_name: String,
    pub account: String,
    pub depend: Vec<String>,
}

impl Service {
    pub fn open(name: &str) -> Result<Self, Failed> {
        let manager = manager()?;
        // SAFETY: the name ends in NUL.
        let handle = unsafe { OpenServiceW(manager.0, wide(name).as_ptr(), SERVICE_ALL_ACCESS) };
        if handle.is_null() { Err(last("OpenService")) } else { Ok(Service(Handle(handle))) }
    }

    pub fn create(name: &str, settings: &Settings) -> Result<Self, Failed> {
        let manager = manager()?;
        let (name_w, bin_path) = (wide(name), settings.bin_path.as_deref().map(wide));
        let (display_name, account) =
            (settings.display_name.as_deref().map(wide), settings.account.as_deref().map(wide));
        let depend = settings.depend.as_deref().map(multi);
        // SAFETY: every text ends in NUL (the list in two) and outlives the call.
        let handle = unsafe {
            CreateServiceW(
                manager.0,
                name_w.as_ptr(),
                pointer(display_name.as_ref()),
                SERVICE_ALL_ACCESS,
                SERVICE_WIN32_OWN_PROCESS,
                settings.start.unwrap_or(DEMAND_START),
                settings.error.unwrap_or(SERVICE_ERROR_NORMAL),
                pointer(bin_path.as_ref()),
                ptr::null(),
                ptr::null_mut(),
                pointer(depend.as_ref()),
                pointer(account.as_ref()),
                ptr::null(),
            )
        };
        if handle.is_null() { Err(last("CreateService")) } else { Ok(Service(Handle(handle))) }
    }

    pub fn change(&self, settings: &Settings) -> Result<(), Failed> {
        let bin_path = settings.bin_path.as_deref().map(wide);
        let (display_name, account) =
            (settings.display_name.as_deref().map(wide), settings.account.as_deref().map(wide));
        let depend = settings.depend.as_deref().map(multi);
        // SAFETY: as in `create`.
        let ok = unsafe {
            ChangeServiceConfigW(
                self.0.0,
                SERVICE_NO_CHANGE,
                settings.start.unwrap_or(SERVICE_NO_CHANGE),
                settings.error.unwrap_or(SERVICE_NO_CHANGE),
                pointer(bin_path.as_ref()),
                ptr::null(),
                ptr::null_mut(),
                pointer(depend.as_ref()),
                pointer(account.as_ref()),
                ptr::null(),
                pointer(display_name.as_ref()),
            )
        };
        if ok == 0 { Err(last("ChangeServiceConfig")) } else { Ok(()) }
    }

    pub fn delay(&self, delayed: bool) -> Result<(), Failed> {
        let info = SERVICE_DELAYED_AUTO_START_INFO { fDelayedAutostart: i32::from(delayed) };
        // SAFETY: the structure is the one of this information level.
        let ok = unsafe {
            ChangeServiceConfig2W(self.0.0, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (&raw const info).cast())
        };
        if ok == 0 { Err(last("ChangeServiceConfig2")) } else { Ok(()) }
    }

    pub fn describe(&self, text: &str) -> Result<(), Failed> {
        let mut text = wide(text);
        let info = SERVICE_DESCRIPTIONW { lpDescription: text.as_mut_ptr() };
        // SAFETY: as above; the text outlives the call.
        let ok = unsafe { ChangeServiceConfig2W(self.0.0, SERVICE_CONFIG_DESCRIPTION, (&raw const info).cast()) };
        if ok == 0 { Err(last("ChangeServiceConfig2")) } else { Ok(()) }
    }

    /// Sets the access list; returns it in binary, as Windows keeps it in the registry.
    pub fn set_security(&self, sddl: &str) -> Result<Vec<u8>, Failed> {
        let (text, mut descriptor, mut size) = (wide(sddl), PSECURITY_DESCRIPTOR::default(), 0);
        // SAFETY: the text ends in NUL; the descriptor is freed below.
        unsafe {
            if ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                &raw mut size,
            ) == 0
            {
                return Err(last("ConvertStringSecurityDescriptorToSecurityDescriptor"));
            }
            let binary = std::slice::from_raw_parts(descriptor.cast::<u8>(), size as usize).to_vec();
            let ok = SetServiceObjectSecurity(self.0.0, DACL_SECURITY_INFORMATION, descriptor);
            let result = if ok == 0 { Err(last("SetServiceObjectSecurity")) } else { Ok(binary) };
            LocalFree(descriptor.cast());
            result
        }
    }

    pub fn status(&self) -> Result<Status, Failed> {
        let mut raw = SERVICE_STATUS_PROCESS::default();
        let size = u32::try_from(size_of::<SERVICE_STATUS_PROCESS>()).expect("a small structure");
        let mut needed = 0;
        // SAFETY: buffer and size belong together.
        let ok = unsafe {
            QueryServiceStatusEx(self.0.0, SC_STATUS_PROCESS_INFO, (&raw mut raw).cast(), size, &raw mut needed)
        };
        if ok == 0 {
            return Err(last("QueryServiceStatusEx"));
        }
        Ok(Status {
            kind: raw.dwServiceType,
            state: raw.dwCurrentState,
            accepts: raw.dwControlsAccepted,
            win32_exit: raw.dwWin32ExitCode,
            service_exit: raw.dwServiceSpecificExitCode,
            checkpoint: raw.dwCheckPoint,
            wait_hint: raw.dwWaitHint,
            pid: raw.dwProcessId,
        })
    }

    pub fn config(&self) -> Result<Config, Failed> {
        // Aligned for the structure at its start; 8 KiB is the documented maximum.
        let (mut buffer, mut needed) = (vec![0_u64; 1024], 0);
        let mut delayed = SERVICE_DELAYED_AUTO_START_INFO::default();
        // SAFETY: buffer and size belong together; the texts lie in the buffer and end in NUL, the list in two.
        unsafe {
            let raw = buffer.as_mut_ptr().cast::<QUERY_SERVICE_CONFIGW>();
            if QueryServiceConfigW(self.0.0, raw, 8192, &raw mut needed) == 0 {
                return Err(last("QueryServiceConfig"));
            }
            let size = u32::try_from(size_of_val(&delayed)).expect("a small structure");
            let level = SERVICE_CONFIG_DELAYED_AUTO_START_INFO;
            QueryServiceConfig2W(self.0.0, level, (&raw mut delayed).cast(), size, &raw mut needed);
            let raw = &*raw;
            let mut depend = Vec::new();
            let mut at = raw.lpDependencies.cast_const();
            while !at.is_null() && *at != 0 {
                depend.push(narrow(at));
                at = at.add(depend.last().map_or(0, |d: &String| d.encode_utf16().count()) + 1);
            }
            Ok(Config {
                start: raw.dwStartType,
                delayed: delayed.fDelayedAutostart != 0,
                error: raw.dwErrorControl,
                bin_path: narrow(raw.lpBinaryPathName),
                display_name: narrow(raw.lpDisplayName),
                account: narrow(raw.lpServiceStartName),
                depend,
            })
        }
    }

    pub fn start(&self, arguments: &[&str]) -> Result<(), Failed> {
        let texts: Vec<Vec<u16>> = arguments.iter().map(|a| wide(a)).collect();
        let pointers: Vec<*const u16> = texts.iter().map(Vec::as_ptr).collect();
        let count = u32::try_from(pointers.len()).expect("few arguments");
        // SAFETY: `count` is the number of pointers; every text ends in NUL.
        let ok = unsafe { StartServiceW(self.0.0, count, pointers.as_ptr()) };
        if ok == 0 { Err(last("StartService")) } else { Ok(()) }
    }

    pub fn stop(&self) -> Result<(), Failed> {
        let mut status = SERVICE_STATUS::default();
        // SAFETY: the structure receives the answer.
        let ok = unsafe { ControlService(self.0.0, SERVICE_CONTROL_STOP, &raw mut status) };
        if ok == 0 { Err(last("ControlService")) } else { Ok(()) }
    }

    pub fn delete(&self) -> Result<(), Failed> {
        // SAFETY: the handle is open.
        let ok = unsafe { DeleteService(self.0.0) };
        if ok == 0 { Err(last("DeleteService")) } else { Ok(()) }
    }
}

/// Whether it is a privilege that Windows knows (winnt.h).
pub fn is_privilege(name: &str) -> bool {
    const NAMES: [&str; 36] = [
        "AssignPrimaryToken",
        "Audit",
        "Backup",
        "ChangeNotify",
        "CreateGlobal",
        "CreatePagefile",
        "CreatePermanent",
        "CreateSymbolicLink",
        "CreateToken",
        "Debug",
        "DelegateSessionUserImpersonate",
        "EnableDelegation",
        "Impersonate",
        "IncreaseBasePriority",
        "IncreaseQuota",
        "IncreaseWorkingSet",
        "LoadDriver",
        "LockMemory",
        "MachineAccount",
        "ManageVolume",
        "ProfileSingleProcess",
        "Relabel",
        "RemoteShutdown",
        "Restore",
        "Security",
        "Shutdown",
        "SyncAgent",
        "SystemEnvironment",
        "SystemProfile",
        "Systemtime",
        "TakeOwnership",
        "Tcb",
        "TimeZone",
        "TrustedCredManAccess",
        "Undock",
        "UnsolicitedInput",
    ];
    name.strip_prefix("Se").and_then(|n| n.strip_suffix("Privilege")).is_some_and(|n| NAMES.contains(&n))
}
