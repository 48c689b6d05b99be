//! The command line: argv in, a request out. Touches no files and no processes.

mod args;
mod request;

pub use args::{
    BuildCommandArgs, BuildFlags, Cli, Color, Command, DoctorArgs, Generate, GenerateArgs, GenerateFilesArgs,
    GenerateScriptsArgs, MessageFormat, OutputArgs, PackageArgs, PlanArgs, ProvisionFlags, SchemaArgs, SchemaOf,
    StepFlags, VerifyArgs, parse,
};
pub use request::{BuildArgs, Step};
