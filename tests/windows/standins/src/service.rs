//! `agent.exe`: a service that is gone before it has answered the request to stop. Its whole process ends in the handler, so
//! that whoever asked is told of a broken pipe (109), or, asking twice, that it does not run (1062).

use std::ptr;
use windows_sys::Win32::System::Services::{
    RegisterServiceCtrlHandlerW, SERVICE_ACCEPT_STOP, SERVICE_CONTROL_STOP, SERVICE_RUNNING, SERVICE_STATUS,
    SERVICE_TABLE_ENTRYW, SERVICE_WIN32_OWN_PROCESS, SetServiceStatus, StartServiceCtrlDispatcherW,
};
use windows_sys::core::PWSTR;

/// Ends with the code of the dispatcher: 1063 when it was not started as a service.
pub fn run() -> u32 {
    let mut name = [0_u16];
    let table = [
        SERVICE_TABLE_ENTRYW { lpServiceName: name.as_mut_ptr(), lpServiceProc: Some(main) },
        SERVICE_TABLE_ENTRYW { lpServiceName: ptr::null_mut(), lpServiceProc: None },
    ];
    // SAFETY: the table ends in an empty entry and outlives the call.
    if unsafe { StartServiceCtrlDispatcherW(table.as_ptr()) } == 0 { 1063 } else { 0 }
}

unsafe extern "system" fn main(_: u32, _: *mut PWSTR) {
    let name = [0_u16];
    let status = SERVICE_STATUS {
        dwServiceType: SERVICE_WIN32_OWN_PROCESS,
        dwCurrentState: SERVICE_RUNNING,
        dwControlsAccepted: SERVICE_ACCEPT_STOP,
        ..SERVICE_STATUS::default()
    };
    // SAFETY: the name, which does not count in a process of its own, ends in NUL; the handle is this service's.
    unsafe { SetServiceStatus(RegisterServiceCtrlHandlerW(name.as_ptr(), Some(handler)), &raw const status) };
    loop {
        std::thread::park();
    }
}

unsafe extern "system" fn handler(control: u32) {
    if control == SERVICE_CONTROL_STOP {
        std::process::exit(0);
    }
}
