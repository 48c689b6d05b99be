//! The side that talks to Windows: the Service Control Manager (SCM), the event log, Ctrl-C.

use crate::agent::{Agent, Options, Start, VERSION};
use crate::log::Log;
use std::ffi::OsString;
use std::ptr;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::{define_windows_service, service_dispatcher};
use windows_sys::Win32::Foundation::{ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE, RegisterEventSourceW,
    ReportEventW,
};

/// Name for the dispatcher. In a process of one service Windows does not look at it: the name under which the service was
/// installed comes with the start arguments.
const NAME: &str = "AcmeAgent";

/// The options of the service's command line (`binPath=`).
static ARGS: OnceLock<Vec<String>> = OnceLock::new();

define_windows_service!(ffi_service_main, service_main);

/// Hands the process over to the SCM; returns when the service has stopped.
pub fn run(args: Vec<String>) -> Result<(), String> {
    // Set once, here, before the dispatcher starts the only reader.
    let _ = ARGS.set(args);
    service_dispatcher::start(NAME, ffi_service_main).map_err(|error| match error {
        windows_service::Error::Winapi(e)
            if e.raw_os_error() == i32::try_from(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT).ok() =>
        {
            "only the Service Control Manager can start it as a service; to try it here, add --console".into()
        }
        error => error.to_string(),
    })
}

/// A failed start: the Win32 code that the SCM keeps and shows, and the text for the event log.
struct Failed {
    code: u32,
    text: String,
}

fn service_main(arguments: Vec<OsString>) {
    let mut arguments = arguments.into_iter().map(|a| a.to_string_lossy().into_owned());
    let name = arguments.next().unwrap_or_else(|| NAME.into());
    let arguments: Vec<String> = arguments.collect();

    let (send, controls) = mpsc::channel();
    let handler = move |control| match control {
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            // The receiver is gone only when the service is stopping anyway.
            let _ = send.send(control);
            ServiceControlHandlerResult::NoError
        }
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    // Without a handle there is no way to report anything: the SCM notices that the process ends.
    let Ok(status) = service_control_handler::register(&name, handler) else { return };
    report(status, ServiceState::StartPending, 0);
    let code = match serve(&name, arguments, status, &controls) {
        Ok(()) => 0,
        Err(failed) => {
            event(&name, Event::CouldNotStart, &[&failed.text]);
            failed.code
        }
    };
    report(status, ServiceState::Stopped, code);
}

/// From the start to the stop.
fn serve(
    name: &str,
    arguments: Vec<String>,
    status: ServiceStatusHandle,
    controls: &mpsc::Receiver<ServiceControl>,
) -> Result<(), Failed> {
    // Start arguments come after the command line, so that they win.
    let all: Vec<String> = ARGS.get().into_iter().flatten().chain(&arguments).cloned().collect();
    let options = Options::parse(&all).map_err(|text| Failed { code: ERROR_INVALID_PARAMETER, text })?;
    let log = Log::in_dir(&options.data_dir).unwrap_or_else(|error| {
        // Doing its work matters more than the log file.
        let dir = options.data_dir.display().to_string();
        event(name, Event::NoLogFile, &[&dir, &error.to_string()]);
        Log::to_stderr()
    });
    let start = Start { service: Some(name.to_owned()), arguments };
    let agent = Agent::start(&options, start, &log).map_err(|error| {
        let text = format!("cannot listen on port {}: {error}", options.port);
        log.line(&text);
        let code = error.raw_os_error().and_then(|c| u32::try_from(c).ok()).filter(|c| *c != 0);
        Failed { code: code.unwrap_or(ERROR_INVALID_PARAMETER), text }
    })?;
    let address = agent.address().to_string();
    log.line(&format!("version {VERSION} answers on {address}"));
    event(name, Event::Started, &[VERSION, &address]);
    report(status, ServiceState::Running, 0);

    let reason = match controls.recv() {
        Ok(ServiceControl::Shutdown | ServiceControl::Preshutdown) => "the system shuts down",
        _ => "stop requested",
    };
    report(status, ServiceState::StopPending, 0);
    log.line(reason);
    agent.stop(&log);
    event(name, Event::Stopped, &[reason]);
    Ok(())
}

/// Tells the SCM the state. It can fail only if the SCM is gone, and then nobody asks.
fn report(status: ServiceStatusHandle, state: ServiceState, code: u32) {
    let pending = matches!(state, ServiceState::StartPending | ServiceState::StopPending);
    let _ = status.set_service_status(ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: match state {
            ServiceState::Running => {
                ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN | ServiceControlAccept::PRESHUTDOWN
            }
            _ => ServiceControlAccept::empty(),
        },
        exit_code: ServiceExitCode::Win32(code),
        checkpoint: u32::from(pending),
        wait_hint: if pending { Duration::from_secs(10) } else { Duration::ZERO },
        process_id: None,
    });
}

/// What is reported to the event log. The texts are in Cargo.toml, `event-log.messages`.
#[derive(Clone, Copy)]
enum Event {
    Started = 1,
    Stopped = 2,
    CouldNotStart = 3,
    NoLogFile = 4,
}

/// Reports an event under the service's name. Failures are passed over: the event log may be full or switched off.
fn event(source: &str, event: Event, texts: &[&str]) {
    let wide = |text: &str| text.encode_utf16().filter(|c| *c != 0).chain([0]).collect::<Vec<u16>>();
    let (kind, severity) = match event {
        Event::Started | Event::Stopped => (EVENTLOG_INFORMATION_TYPE, 1),
        Event::NoLogFile => (EVENTLOG_WARNING_TYPE, 2),
        Event::CouldNotStart => (EVENTLOG_ERROR_TYPE, 3),
    };
    // The two top bits of an event id are its severity, the lower 16 the number that Event Viewer shows.
    let id = (severity << 30) | event as u32;
    let source = wide(source);
    let texts: Vec<Vec<u16>> = texts.iter().map(|t| wide(t)).collect();
    let pointers: Vec<*const u16> = texts.iter().map(|t| t.as_ptr()).collect();
    let count = u16::try_from(pointers.len()).unwrap_or(0);
    // SAFETY: every string ends in NUL and outlives the calls; `count` is the length of `pointers`.
    unsafe {
        let log = RegisterEventSourceW(ptr::null(), source.as_ptr());
        if log.is_null() {
            return;
        }
        ReportEventW(log, kind, 0, id, ptr::null_mut(), count, 0, pointers.as_ptr(), ptr::null());
        DeregisterEventSource(log);
    }
}

static CTRL_C: OnceLock<mpsc::Sender<()>> = OnceLock::new();

/// Sends when Ctrl-C is pressed or the console is closed.
pub fn on_ctrl_c(stop: mpsc::Sender<()>) {
    unsafe extern "system" fn handler(_kind: u32) -> i32 {
        let sent = CTRL_C.get().is_some_and(|stop| stop.send(()).is_ok());
        i32::from(sent)
    }
    if CTRL_C.set(stop).is_ok() {
        // SAFETY: the handler is a plain function that lives as long as the process.
        unsafe { SetConsoleCtrlHandler(Some(handler), 1) };
    }
}
