//! What a script may use besides what it defines itself: all of it is in Windows PowerShell 5.1.

/// Commands of 5.1 with the parameters that the scripts give by name. Each page is that of 5.1:
/// <https://learn.microsoft.com/powershell/module/MODULE/COMMAND?view=powershell-5.1>; those of NetSecurity come with Windows:
/// <https://learn.microsoft.com/powershell/module/netsecurity/?view=windowsserver2016-ps>.
pub(crate) const COMMANDS: &[(&str, &[&str])] = &[
    // Microsoft.PowerShell.Core
    ("ForEach-Object", &[]),
    ("Set-StrictMode", &["-Off"]),
    ("Where-Object", &[]),
    // Microsoft.PowerShell.Security
    ("Get-Acl", &["-LiteralPath"]),
    ("Get-AuthenticodeSignature", &["-LiteralPath", "-ErrorAction"]),
    // Microsoft.PowerShell.Utility
    ("Add-Type", &["-AssemblyName", "-PassThru", "-Namespace", "-Name", "-MemberDefinition"]),
    ("Add-Member", &["-MemberType", "-Name", "-Value"]),
    ("ConvertFrom-Json", &[]),
    ("ConvertTo-Json", &["-InputObject", "-Depth", "-Compress"]),
    ("New-Object", &["-Property"]),
    ("Select-Object", &["-First", "-Skip", "-Unique"]),
    ("Sort-Object", &["-Descending"]),
    ("Start-Sleep", &["-Milliseconds"]),
    ("Write-Error", &["-Message", "-ErrorAction"]),
    ("Write-Progress", &["-Activity", "-Status", "-Completed"]),
    ("Write-Verbose", &[]),
    ("Write-Warning", &[]),
    // Microsoft.PowerShell.Management
    ("Get-Process", &["-Id"]),
    // Microsoft.PowerShell.Diagnostics
    ("Get-WinEvent", &["-FilterHashtable", "-MaxEvents"]),
    // NetSecurity
    ("Get-NetFirewallAddressFilter", &[]),
    ("Get-NetFirewallPortFilter", &[]),
    ("Get-NetFirewallRule", &["-Name"]),
    ("Get-NetFirewallServiceFilter", &[]),
    ("New-NetFirewallRule", &[]),
    ("Remove-NetFirewallRule", &["-Name"]),
];

/// Commands that take their parameters from a table too: command, variable.
pub(crate) const SPLATS: &[(&str, &str)] = &[("New-NetFirewallRule", "@rule")];

/// Attributes of parameters and scripts, in 5.1:
/// <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_functions_advanced_parameters?view=powershell-5.1>.
pub(crate) const ATTRIBUTES: &[&str] = &["CmdletBinding", "Parameter", "ValidateRange", "ValidateSet"];

/// Blocks that may be called: the accessors in the table of kinds of settings, and blocks that a function keeps for itself.
pub(crate) const BLOCKS: &[&str] = &["$add"];

/// Automatic variables that 5.1 does not have:
/// <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_automatic_variables>.
pub(crate) const LATER_VARIABLES: &[&str] =
    &["$iswindows", "$islinux", "$ismacos", "$iscoreclr", "$psstyle", "$enabledexperimentalfeatures"];

/// Members that make code of text, or that the .NET Framework of 5.1 lacks.
pub(crate) const REFUSED_MEMBERS: &[&str] = &[
    // Code of text.
    "addscript",
    "invokecommand",
    "invokescript",
    "newscriptblock",
    // Only in .NET: https://learn.microsoft.com/dotnet/api/?view=netframework-4.6.2 has none of them.
    "fromhexstring",
    "getrelativepath",
    "hashdata",
    "ispathfullyqualified",
    "readallbytesasync",
    "tohexstring",
    "waitforexitasync",
    "argumentlist",
];
