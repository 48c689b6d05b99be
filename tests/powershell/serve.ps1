# Compiles host.cs by the engine that runs this, once, and serves jobs: see host.cs.
param([string]$Source, [string]$Assembly, [string]$Port)
$ErrorActionPreference = 'Stop'
if (-not [IO.File]::Exists($Assembly)) {
    # A process id is not enough: machines in Wine number theirs alike.
    $new = "$Assembly.$([Guid]::NewGuid())"
    Add-Type -TypeDefinition ([IO.File]::ReadAllText($Source)) -OutputAssembly $new -OutputType Library
    # Another process may have been quicker.
    try { [IO.File]::Move($new, $Assembly) } catch { [IO.File]::Delete($new) }
}
$null = [Reflection.Assembly]::LoadFrom($Assembly)
[Winsvc.Tests.Server]::Serve([int]$Port)
