#Requires -Version 5.1

<#
.SYNOPSIS
    Installs, upgrades and removes the example on this Windows machine, and compares the machine before and after.
.DESCRIPTION
    Wants an elevated PowerShell on a machine that can be thrown away. Prints each check, and ends with 1 when one failed. The
    scripts run in the same edition of PowerShell as this one.
.PARAMETER Bundles
    A folder with the folders first, next and ill, each with a zip and its .sha256.
#>
param(
    [Parameter()]
    [string]$Bundles = 'bundles'
)

$ErrorActionPreference = 'Stop'
$Shell = (Get-Process -Id $PID).Path
$Service = 'AcmeAgent'
$Url = 'http://127.0.0.1:8686/healthz'
$Source = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\AcmeAgent'
$Uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
$Failed = New-Object System.Collections.ArrayList

function Test-That([string]$What, [bool]$Good, [string]$Said = '') {
    if ($Good) {
        Write-Host "ok      $What"
    } else {
        Write-Host "FAILED  $What $Said"
        $null = $Failed.Add($What)
    }
}

# Runs a program to its end; its exit code and all that it printed.
function Invoke-Program([string]$Path, [string]$Arguments) {
    $start = New-Object System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = $Arguments
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    return New-Object PSObject -Property @{ Code = $process.ExitCode; Said = $output + $errors.Result }
}

function Invoke-Script([string]$Path, [string]$Arguments = '') {
    return Invoke-Program $Shell "-NoProfile -ExecutionPolicy Bypass -File `"$Path`" $Arguments"
}

function Invoke-Batch([string]$Path, [string]$Arguments = '') {
    return Invoke-Program "$env:SystemRoot\System32\cmd.exe" "/d /s /c `"`"$Path`" $Arguments`""
}

function Test-Answer {
    try {
        return (Invoke-WebRequest -Uri $Url -UseBasicParsing -TimeoutSec 5).StatusCode -eq 200
    } catch {
        return $false
    }
}

# What an installation may change, as lines.
function Get-Machine {
    $lines = New-Object System.Collections.ArrayList
    $service = Get-ItemProperty -Path "HKLM:\SYSTEM\CurrentControlSet\Services\$Service" -ErrorAction SilentlyContinue
    $null = $lines.Add("service: $($service.ImagePath) $($service.Start) $($service.ObjectName)")
    $null = $lines.Add("event source: $(Test-Path $Source)")
    foreach ($name in @(Get-ChildItem $Uninstall | ForEach-Object { $_.PSChildName } | Sort-Object)) { $null = $lines.Add("uninstall key: $name") }
    foreach ($name in @(Get-NetFirewallRule | ForEach-Object { $_.Name } | Where-Object { $_ -like '*acme*' } | Sort-Object)) { $null = $lines.Add("firewall rule: $name") }
    foreach ($folder in @("$env:ProgramFiles\acme-agent", "$env:ProgramData\acme-agent")) {
        $null = $lines.Add("folder $folder`: $(Test-Path $folder)")
        # The lock of a run, and the log that the running service writes, are no settings.
        foreach ($file in @(Get-ChildItem $folder -Recurse -Force -ErrorAction SilentlyContinue | ForEach-Object { $_.FullName } | Where-Object { $_ -notlike '*.log' } | Sort-Object)) { $null = $lines.Add("file $file") }
    }
    return $lines -join "`n"
}

# Checks a zip against the hash beside it and unpacks it; the top folder.
function Expand-Bundle([string]$Name) {
    $zip = @(Get-ChildItem (Join-Path $Bundles $Name) -Filter '*.zip')[0].FullName
    $hash = (Get-FileHash -Algorithm SHA256 -LiteralPath $zip).Hash.ToLowerInvariant()
    Test-That "$Name`: the hash" ([IO.File]::ReadAllText("$zip.sha256").StartsWith($hash, [StringComparison]::Ordinal))
    $into = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    Expand-Archive -LiteralPath $zip -DestinationPath $into
    return @(Get-ChildItem $into -Directory)[0].FullName
}

$first = Expand-Bundle 'first'
$next = Expand-Bundle 'next'
$ill = Expand-Bundle 'ill'
$before = Get-Machine

$ran = Invoke-Script "$first\install.ps1" '-WhatIf'
Test-That 'install.ps1 -WhatIf ends with 0' ($ran.Code -eq 0) $ran.Said
Test-That 'install.ps1 -WhatIf changes nothing' ((Get-Machine) -ceq $before)
Test-That 'status.ps1 says not installed' ((Invoke-Script "$first\status.ps1").Code -eq 3)

$ran = Invoke-Script "$first\install.ps1" '-Quiet'
Test-That 'install.ps1 installs' ($ran.Code -eq 0 -and $ran.Said -match 'Installed') $ran.Said
Test-That 'the service answers' (Test-Answer)
$installed = Get-Machine
$ran = Invoke-Script "$first\install.ps1" '-Quiet'
Test-That 'a second run finds it unchanged' ($ran.Code -eq 0 -and $ran.Said -match 'Unchanged') $ran.Said
Test-That 'a second run changes nothing' ((Get-Machine) -ceq $installed)
$ran = Invoke-Script "$first\status.ps1" '-As Text'
Test-That 'status.ps1 ends with 0' ($ran.Code -eq 0) $ran.Said

$null = Invoke-Program "$env:SystemRoot\System32\sc.exe" "config $Service error= ignore"
$ran = Invoke-Script "$first\status.ps1" '-Drift -As Text'
Test-That 'status.ps1 finds what was changed' ($ran.Code -eq 1 -and $ran.Said -match 'error control') $ran.Said
$ran = Invoke-Script "$first\install.ps1" '-Quiet'
Test-That 'install.ps1 repairs it' ($ran.Code -eq 0 -and $ran.Said -match 'Repaired') $ran.Said
Test-That 'status.ps1 ends with 0 again' ((Invoke-Script "$first\status.ps1").Code -eq 0)

$ran = Invoke-Script "$next\install.ps1" '-Quiet'
Test-That 'install.ps1 upgrades' ($ran.Code -eq 0 -and $ran.Said -match 'Upgraded') $ran.Said
Test-That 'the new version answers' (Test-Answer)
$upgraded = Get-Machine
$ran = Invoke-Script "$ill\install.ps1" '-Quiet'
Test-That 'an upgrade that is not healthy ends with 1603' ($ran.Code -eq 1603) $ran.Said
Test-That 'it is taken back' ((Get-Machine) -ceq $upgraded)
Test-That 'the version before it answers' (Test-Answer)
$ran = Invoke-Script "$next\rollback.ps1" '-Quiet'
Test-That 'rollback.ps1 goes back' ($ran.Code -eq 0 -and $ran.Said -match 'RolledBack') $ran.Said
Test-That 'the first version answers' (Test-Answer)

$ran = Invoke-Script "$first\uninstall.ps1" '-Quiet -Purge'
Test-That 'uninstall.ps1 removes it' ($ran.Code -eq 0) $ran.Said
Test-That 'the service is gone' ($null -eq (Get-Service -Name $Service -ErrorAction SilentlyContinue))
Test-That 'the machine is as before' ((Get-Machine) -ceq $before) (Get-Machine)

$ran = Invoke-Batch "$first\install.cmd" '/quiet'
Test-That 'install.cmd installs' ($ran.Code -eq 0) $ran.Said
Test-That 'the service answers' (Test-Answer)
$ran = Invoke-Batch "$first\uninstall.cmd" '/purge'
Test-That 'uninstall.cmd removes it' ($ran.Code -eq 0) $ran.Said
Test-That 'the machine is as before, again' ((Get-Machine) -ceq $before) (Get-Machine)

Write-Host "$($Failed.Count) checks failed"
if ($Failed.Count -gt 0) { exit 1 }
exit 0
