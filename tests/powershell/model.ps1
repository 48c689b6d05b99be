#region hands
# A model of a Windows machine, in place of the scripts' own hands. All of it lies below $env:MODEL: the drive C in the folder C, and
# in machine.json registry, services, access lists and processes. Every change goes through Step-Machine, which counts it and
# makes it fail, or kills the process, where a test wants that.

$Model = @{ Root = $env:MODEL; Steps = 0; Machine = $null }

function ConvertTo-Table($Object) {
    $table = @{}
    foreach ($property in $Object.PSObject.Properties) {
        $table[$property.Name] = $(if ($property.Value -is [pscustomobject]) { ConvertTo-Table $property.Value } else { , $property.Value })
    }
    return $table
}

function Read-Machine {
    $path = $Model.Root + '/machine.json'
    if (-not [IO.File]::Exists($path)) { [IO.File]::WriteAllText($path, '{"registry":{},"access":{},"processes":{},"next":100,"told":{}}') }
    $Model.Machine = ConvertTo-Table (ConvertFrom-Json ([IO.File]::ReadAllText($path)))
}

function Save-Machine { [IO.File]::WriteAllText($Model.Root + '/machine.json', (ConvertTo-Json -InputObject $Model.Machine -Depth 9)) }

# One change. MODEL_AT is its number and MODEL_HOW what happens: it fails before or after it is made, or the process dies there.
function Step-Machine([string]$What, [scriptblock]$Do) {
    $Model.Steps++
    [IO.File]::AppendAllText($Model.Root + '/steps.log', "$($Model.Steps) $What`n")
    $here = [string]$Model.Steps -eq $env:MODEL_AT
    # A machine that has lost its power does nothing any more: what the script still tries comes to nothing.
    if ($env:MODEL_HOW -eq 'power' -and $Model.Steps -ge [int]$env:MODEL_AT) { throw "no power for: $What" }
    if ($here -and $env:MODEL_HOW -eq 'kill before') { [Diagnostics.Process]::GetCurrentProcess().Kill(); Start-Sleep 60 }
    if ($here -and $env:MODEL_HOW -eq 'fail before') { throw "ordered failure of: $What" }
    $null = & $Do
    if ($here -and $env:MODEL_HOW -eq 'kill after') { [Diagnostics.Process]::GetCurrentProcess().Kill(); Start-Sleep 60 }
    if ($here -and $env:MODEL_HOW -eq 'fail after') { throw "ordered failure after: $What" }
}

function Get-Real([string]$Path) {
    if ($Path -notmatch '^[A-Za-z]:\\') { throw "not a path of the model: $Path" }
    return $Model.Root + '/' + $Path.Substring(0, 1).ToUpperInvariant() + $Path.Substring(2).Replace('\', '/')
}

function Get-OwnFolder { if (-not $PSScriptRoot) { return '' }; return 'C:' + $PSScriptRoot.Substring(($Model.Root + '/C').Length).Replace('/', '\') }
function Get-TypedPath([string]$Path) { return $Path }
function Restore-Session { }
function Test-Elevated { return $env:MODEL_ELEVATED -ne '0' }

function Get-KnownFolder([string]$Variable) {
    switch ($Variable) {
        'ProgramFiles' { return 'C:\Program Files' }
        'ProgramW6432' { return 'C:\Program Files' }
        'ProgramData' { return 'C:\ProgramData' }
        'SystemRoot' { return 'C:\Windows' }
        'SystemDrive' { return 'C:' }
    }
    return $null
}

# Time flies here: waiting takes none.
function Wait-Moment([int]$Milliseconds) { $script:Clock = (Get-Now).AddMilliseconds($Milliseconds) }
function Get-Now { if ($null -eq $script:Clock) { $script:Clock = [DateTime]::UtcNow }; return $script:Clock }

function Test-FileThere([string]$Path) { return [IO.File]::Exists((Get-Real $Path)) }
function Test-FolderThere([string]$Path) { return [IO.Directory]::Exists((Get-Real $Path)) }
function Test-Link([string]$Path) { return ([IO.File]::GetAttributes((Get-Real $Path)) -band [IO.FileAttributes]::ReparsePoint) -ne 0 }
function Get-Entries([string]$Path) { return , [string[]]@([IO.Directory]::GetFileSystemEntries((Get-Real $Path)) | ForEach-Object { [IO.Path]::GetFileName($_) }) }
function Read-Bytes([string]$Path) { return , [IO.File]::ReadAllBytes((Get-Real $Path)) }

function Write-Bytes([string]$Path, [byte[]]$Bytes, [switch]$Append) {
    Step-Machine "write $Path" {
        $file = New-Object IO.FileStream (Get-Real $Path), $(if ($Append) { [IO.FileMode]::Append } else { [IO.FileMode]::Create })
        $file.Write($Bytes, 0, $Bytes.Length)
        $file.Dispose()
    }
}

function New-OneFolder([string]$Path) {
    if (Test-FolderThere $Path) { return }
    Step-Machine "make $Path" { $null = [IO.Directory]::CreateDirectory((Get-Real $Path)) }
}

function Move-Folder([string]$From, [string]$To) {
    Step-Machine "move $From to $To" {
        [IO.Directory]::Move((Get-Real $From), (Get-Real $To))
        foreach ($path in @($Model.Machine.access.Keys | Where-Object { $_ -eq $From -or $_.StartsWith($From + '\') })) {
            $Model.Machine.access[$To + $path.Substring($From.Length)] = $Model.Machine.access[$path]
            $Model.Machine.access.Remove($path)
        }
        Save-Machine
    }
}

function Switch-File([string]$New, [string]$Path) { Step-Machine "put $New in the place of $Path" { [IO.File]::Move((Get-Real $New), (Get-Real $Path), $true) } }

# The image of a process that runs can't be removed.
function Test-InUse([string]$Path) {
    foreach ($id in @($Model.Machine.processes.Keys)) { if ($Model.Machine.processes[$id].image -eq $Path) { throw "$Path is in use" } }
}

function Remove-File([string]$Path) {
    if (-not (Test-FileThere $Path)) { return }
    Test-InUse $Path
    Step-Machine "remove $Path" { [IO.File]::Delete((Get-Real $Path)) }
}

function Remove-Tree([string]$Path) {
    if (-not (Test-FolderThere $Path)) { return }
    foreach ($id in @($Model.Machine.processes.Keys)) { if ($Model.Machine.processes[$id].image.StartsWith($Path + '\')) { throw "$Path is in use" } }
    Step-Machine "remove $Path" {
        [IO.Directory]::Delete((Get-Real $Path), $true)
        foreach ($own in @($Model.Machine.access.Keys | Where-Object { $_ -eq $Path -or $_.StartsWith($Path + '\') })) { $Model.Machine.access.Remove($own) }
        Save-Machine
    }
}

function Open-Lock([string]$Path) {
    try {
        return New-Object IO.FileStream (Get-Real $Path), ([IO.FileMode]::OpenOrCreate), ([IO.FileAccess]::ReadWrite), ([IO.FileShare]::None), 16, ([IO.FileOptions]::DeleteOnClose)
    } catch [IO.IOException] {
        return $null
    }
}

function Test-Held([string]$Path) {
    try {
        [IO.File]::Open((Get-Real $Path), [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::ReadWrite).Dispose()
        return $false
    } catch [IO.FileNotFoundException] {
        return $false
    } catch [IO.IOException] {
        return $true
    }
}

function Close-Lock($Lock) { if ($null -ne $Lock) { $Lock.Dispose() } }

function Read-Archive([string]$Path) {
    $bytes = Read-Bytes $Path
    $zip = New-Object IO.Compression.ZipArchive (New-Object IO.MemoryStream @(, $bytes))
    $entry = $zip.Entries | Where-Object { $_.FullName -match '^[^/]+/SHA256SUMS$' } | Select-Object -First 1
    $memory = New-Object IO.MemoryStream
    if ($null -ne $entry) { $entry.Open().CopyTo($memory) }
    return @{ Hash = (Get-Hash $bytes); Bytes = $(if ($null -ne $entry) { , $memory.ToArray() }) }
}

function Get-Access([string]$Path) {
    if (-not (Test-FolderThere $Path) -and -not (Test-FileThere $Path)) { throw "nothing at $Path" }
    $own = $Model.Machine.access[$Path]
    if ($null -ne $own) { return $own }
    return Get-Inherited $Path
}

# As Windows sets up these folders, and a drive of its own.
function Get-Inherited([string]$Path) {
    $all = 'D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)'
    switch -Regex ($Path) {
        '^C:\\ProgramData\\Microsoft\\Crypto\\' { return 'D:PAI(A;;FA;;;SY)(A;;FA;;;BA)' }
        '^C:\\Program Files(\\|$)' { return $all + '(A;OICIID;0x1200a9;;;BU)' }
        '^C:\\ProgramData(\\|$)' { return $all + '(A;OICIIOID;GA;;;CO)(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)' }
    }
    return $all + '(A;OICIID;0x1301bf;;;AU)'
}

function Get-Owner([string]$Path) {
    $told = $Model.Machine.told["owner:$Path"]
    return $(if ($told) { $told } else { 'S-1-5-32-544' })
}

function Get-OwnSid { return 'S-1-5-21-1-2-3-500' }

# Certificates are told as STORE|THUMBPRINT|SUBJECT|DAYS, DAYS from now to its end; a key file of the thumbprint's name is there or not.
function Get-Certificates([string]$Store) {
    foreach ($told in @($Model.Machine.told['certificates'] | Where-Object { $_ })) {
        $in, $print, $subject, $days = $told -split '\|'
        if ($in -ne $Store) { continue }
        New-Object PSObject -Property @{ Thumbprint = $print; Subject = $subject; NotBefore = (Get-Now).AddDays(-1000); NotAfter = (Get-Now).AddDays([int]$days) }
    }
}

# A key file that holds "broken" is one that can't be opened.
function Get-CertificateKey([string]$Store, [string]$Thumbprint) {
    if (@(Get-Certificates $Store | Where-Object { $_.Thumbprint -eq $Thumbprint }).Count -eq 0) { return $null }
    $file = "C:\ProgramData\Microsoft\Crypto\Keys\$Thumbprint"
    if (-not (Test-FileThere $file)) { return $null }
    if ((Get-Behaviour $file) -ceq 'broken') { throw 'Keyset does not exist' }
    return $file
}

function Set-PreshutdownTimeout([string]$Name, [uint32]$Milliseconds) {
    $key = "SYSTEM\CurrentControlSet\Services\$Name"
    if (-not $Model.Machine.registry.ContainsKey($key)) { throw 'no service' }
    Step-Machine "preshutdown $Name" { Set-Value $key 'PreshutdownTimeout' 'DWord' ([int]$Milliseconds); Save-Machine }
}

function Set-Access([string]$Path, [string]$Sddl) {
    if (-not (Test-FolderThere $Path)) { throw "no folder $Path" }
    if ($Sddl -notmatch '^D:(P|AI|PAI)?(\([AD];[A-Z]*;[A-Za-z0-9]+;;;[A-Z0-9-]+\))*$') { throw "no DACL: $Sddl" }
    Step-Machine "access of $Path" {
        if ($Sddl -match '^D:AI') { $Model.Machine.access.Remove($Path) } else { $Model.Machine.access[$Path] = $Sddl }
        Save-Machine
    }
}

function Get-AccountSid([string]$Account) { return 'S-1-5-21-1-2-3-' + [string](1000 + $Account.Length) }

function Get-MachineName { return 'HERE' }
# What somebody would answer.
function Read-Credential([string]$Account) { return New-Object pscredential $Account, (ConvertTo-SecureString $env:MODEL_ANSWER -AsPlainText -Force) }

# The password is kept as a hash; the one that is right as told in correct:ACCOUNT.
function Set-ServiceAccount([string]$Name, [string]$Account, [securestring]$Password) {
    $key = "SYSTEM\CurrentControlSet\Services\$Name"
    if (-not $Model.Machine.registry.ContainsKey($key)) { throw 'no service' }
    $hash = Get-Hash ([Text.Encoding]::UTF8.GetBytes((New-Object pscredential 'x', $Password).GetNetworkCredential().Password))
    Step-Machine "account of $Name" {
        Set-Value $key 'ObjectName' 'String' $Account
        $Model.Machine.told["password:$Name"] = $hash
        Save-Machine
    }
}

function Test-LogonRight([string]$Account) { return $null -ne $Model.Machine.told["right:$Account"] }

function Set-LogonRight([string]$Account, [bool]$Grant) {
    Step-Machine "logon right of $Account" {
        if ($Grant) { $Model.Machine.told["right:$Account"] = 'granted' } else { $Model.Machine.told.Remove("right:$Account") }
        Save-Machine
    }
}

# Signatures are told as LEAF|STATUS|SUBJECT; what is not told is not signed.
function Get-Signature([string]$Path) {
    if (-not (Test-FileThere $Path)) { throw "no file $Path" }
    foreach ($told in @($Model.Machine.told['signatures'] | Where-Object { $_ })) {
        $leaf, $status, $subject = $told -split '\|'
        if ($Path.EndsWith('\' + $leaf)) { return New-Object PSObject -Property @{ Status = $status; Subject = $subject } }
    }
    return New-Object PSObject -Property @{ Status = 'NotSigned'; Subject = '' }
}

# Lines LOG|SOURCE|TIME|ID|TEXT|VALUE.
function Get-LoggedErrors([string]$Log, [string]$Source, [int]$Most) {
    $told = @($Model.Machine.told['errors'] | Where-Object { $_ -and $_.StartsWith("$Log|$Source|", [StringComparison]::Ordinal) } | Select-Object -First $Most)
    foreach ($line in $told) {
        $null, $null, $time, $id, $text, $value = $line -split '\|'
        @{ Time = $time; Source = $Source; Id = [long]$id; Text = $text; Values = [string[]]@($value) }
    }
}

# Whether a service's account may log on: a user's password and right have to be as they should.
function Test-Logon([string]$Name) {
    $account = Get-RegistryValue "SYSTEM\CurrentControlSet\Services\$Name" 'ObjectName'
    if (-not (Test-UserAccount $account)) { return $true }
    return $Model.Machine.told["password:$Name"] -ceq $Model.Machine.told["correct:$account"] -and (Test-LogonRight (Get-FullAccount $account))
}

function Get-ProcessImage([int64]$Id) {
    $process = $Model.Machine.processes[[string]$Id]
    if ($null -eq $process) { return $null }
    return $process.image
}

# ---- registry

function Get-RegistryValue([string]$Key, [string]$Name) {
    $values = $Model.Machine.registry[$Key]
    if ($null -eq $values -or -not $values.ContainsKey($Name)) { return $null }
    $value = $values[$Name]
    if ($value.kind -eq 'Binary') { return , [byte[]]@($value.value) }
    if ($value.kind -eq 'MultiString') { return , [string[]]@($value.value) }
    if ($value.kind -eq 'DWord') { return [int]$value.value }
    return [string]$value.value
}

function Get-RegistryKey([string]$Key) {
    $values = $Model.Machine.registry[$Key]
    if ($null -eq $values) { return $null }
    return , (Get-Sorted @($values.Keys | ForEach-Object { $values[$_].kind + ':' + $_ + '=' + (@($values[$_].value) -join "`n") }))
}

function Get-RegistryNames([string]$Key) {
    $names = foreach ($other in $Model.Machine.registry.Keys) {
        if ($other.StartsWith($Key + '\')) { ($other.Substring($Key.Length + 1) -split '\\')[0] }
    }
    return , (Get-Sorted @($names | Select-Object -Unique))
}

function Set-Value([string]$Key, [string]$Name, [string]$Kind, $Value) {
    if (-not $Model.Machine.registry.ContainsKey($Key)) { $Model.Machine.registry[$Key] = @{} }
    if ($Kind -eq 'MultiString') { $Value = @($Value) }
    $Model.Machine.registry[$Key][$Name] = @{ kind = $Kind; value = $Value }
}

function Set-RegistryValue([string]$Key, [string]$Name, [string]$Kind, $Value) {
    if (@('DWord', 'MultiString', 'ExpandString', 'String') -cnotcontains $Kind) { throw "no kind of value: $Kind" }
    if ($Kind -eq 'DWord') { $Value = [int]$Value }
    Step-Machine "registry $Key $Name" { Set-Value $Key $Name $Kind $Value; Save-Machine }
}

function New-RegistryKey([string]$Key) {
    if ($Model.Machine.registry.ContainsKey($Key)) { return }
    Step-Machine "registry key $Key" { $Model.Machine.registry[$Key] = @{}; Save-Machine }
}

function Remove-RegistryValue([string]$Key, [string]$Name) {
    if ($null -eq $Model.Machine.registry[$Key]) { return }
    Step-Machine "registry without $Key $Name" { $Model.Machine.registry[$Key].Remove($Name); Save-Machine }
}

function Remove-RegistryKey([string]$Key) {
    Step-Machine "registry without $Key" {
        foreach ($other in @($Model.Machine.registry.Keys)) { if ($other -eq $Key -or $other.StartsWith($Key + '\')) { $Model.Machine.registry.Remove($other) } }
        Save-Machine
    }
}

# ---- services

function Get-Exe([string]$CommandLine) {
    if ($CommandLine -notmatch '^"([^"]+)"( |$)') { throw "a command line that does not begin with a quoted program: $CommandLine" }
    return $Matches[1]
}

function Get-RunningId([string]$Name) {
    foreach ($id in @($Model.Machine.processes.Keys)) { if ($Model.Machine.processes[$id].service -eq $Name) { return $id } }
    return $null
}

# What a program of the model does stands in its file: "crash", "ill", or anything else for a healthy one.
function Get-Behaviour([string]$Exe) {
    if (-not (Test-FileThere $Exe)) { return 'missing' }
    return [Text.Encoding]::UTF8.GetString((Read-Bytes $Exe))
}

function Set-Actions([string]$Key, [int]$Reset, [string]$Actions) {
    $kinds = @{ '' = 0; 'restart' = 1; 'reboot' = 2; 'run' = 3 }
    $words = @($Actions -split '/')
    if ($Actions -eq '') { $words = @() }
    if ($words.Count % 2 -ne 0) { throw 'actions= wants pairs' }
    $bytes = [BitConverter]::GetBytes($Reset) + (New-Object byte[] 8) + [BitConverter]::GetBytes([int]($words.Count / 2)) + [BitConverter]::GetBytes(20)
    for ($i = 0; $i -lt $words.Count; $i += 2) {
        if (-not $kinds.ContainsKey($words[$i])) { throw "no action: $($words[$i])" }
        $bytes += [BitConverter]::GetBytes([int]$kinds[$words[$i]]) + [BitConverter]::GetBytes([int]$words[$i + 1])
    }
    Set-Value $Key 'FailureActions' 'Binary' $bytes
}

# Pairs NAME= VALUE as sc.exe takes them; anything else is refused with 1639, as sc.exe shows its help.
function Read-Pairs([string[]]$Words, [string[]]$Known) {
    $pairs = @{}
    if ($Words.Count % 2 -ne 0) { throw "sc.exe: an option without a value in: $Words" }
    for ($i = 0; $i -lt $Words.Count; $i += 2) {
        if ($Known -cnotcontains $Words[$i]) { throw "sc.exe: no option $($Words[$i])" }
        $pairs[$Words[$i]] = $Words[$i + 1]
    }
    return $pairs
}

function Set-Config([string]$Name, $Pairs) {
    $key = "SYSTEM\CurrentControlSet\Services\$Name"
    foreach ($option in $Pairs.Keys) {
        $value = $Pairs[$option]
        switch ($option) {
            'binPath=' { $null = Get-Exe $value; Set-Value $key 'ImagePath' 'ExpandString' $value }
            'DisplayName=' { if ($value.Length -gt 256) { throw 'display name' }; Set-Value $key 'DisplayName' 'String' $value }
            'obj=' { if (Test-UserAccount $value) { throw 'a user without a password' }; Set-Value $key 'ObjectName' 'String' $value; $Model.Machine.told.Remove("password:$Name") }
            'type=' { if ($value -cne 'own') { throw "type $value" }; Set-Value $key 'Type' 'DWord' 16 }
            'error=' { Set-Value $key 'ErrorControl' 'DWord' (@('ignore', 'normal', 'severe', 'critical').IndexOf($value)) }
            'start=' {
                $numbers = @{ 'auto' = 2; 'delayed-auto' = 2; 'demand' = 3; 'disabled' = 4 }
                if (-not $numbers.ContainsKey($value)) { throw "start $value" }
                Set-Value $key 'Start' 'DWord' $numbers[$value]
                Set-Value $key 'DelayedAutostart' 'DWord' $(if ($value -ceq 'delayed-auto') { 1 } else { 0 })
            }
            'depend=' {
                $Model.Machine.registry[$key].Remove('DependOnService')
                $Model.Machine.registry[$key].Remove('DependOnGroup')
                $all = @($value -split '/' | Where-Object { $_ -ne '' })
                $services = @($all | Where-Object { -not $_.StartsWith('+') })
                $groups = @($all | Where-Object { $_.StartsWith('+') } | ForEach-Object { $_.Substring(1) })
                if ($services.Count -gt 0) { Set-Value $key 'DependOnService' 'MultiString' $services }
                if ($groups.Count -gt 0) { Set-Value $key 'DependOnGroup' 'MultiString' $groups }
            }
        }
    }
}

# As the SCM keeps triggers: TriggerInfo\N with Type, Action, GUID, and DataN of kind DataTypeN.
function Set-TriggerInfo([string]$Key, [string[]]$Words) {
    foreach ($other in @($Model.Machine.registry.Keys)) { if ($other.StartsWith("$Key\TriggerInfo")) { $Model.Machine.registry.Remove($other) } }
    if ($Words.Count -eq 1 -and $Words[0] -ceq 'delete') { return }
    $known = @{
        'start/networkon' = @(2, '4f27f2de-14e2-430b-a549-7cd48cbc8245'); 'stop/networkoff' = @(2, 'cc4ba62a-162e-4648-847a-b6bdf993e335')
        'start/domainjoin' = @(3, '1ce20aba-9851-4421-9430-1ddeb766e809'); 'start/portopen' = @(4, 'b7569e07-8421-4ee0-ad10-86915afdad09')
        'start/device' = @(1, ''); 'start/custom' = @(20, ''); 'stop/custom' = @(20, '')
    }
    $number = 0
    foreach ($word in $Words) {
        $parts = @($word -split '/')
        $event = $known["$($parts[0])/$($parts[1])"]
        if ($null -eq $event) { throw "sc.exe: no trigger $word" }
        $items = @($parts | Select-Object -Skip 2)
        $guid = $event[1]
        if ($guid -eq '') { $guid = $items[0]; $items = @($items | Select-Object -Skip 1) }
        $at = "$Key\TriggerInfo\$number"
        Set-Value $at 'Type' 'DWord' $event[0]
        Set-Value $at 'Action' 'DWord' $(if ($parts[0] -ceq 'stop') { 2 } else { 1 })
        Set-Value $at 'GUID' 'Binary' ([guid]$guid).ToByteArray()
        for ($i = 0; $i -lt $items.Count; $i++) {
            $text = $parts[1] -cne 'custom'
            if ($text) {
                $bytes = [Text.Encoding]::Unicode.GetBytes($items[$i].Replace(';', "`0") + "`0`0")
            } else {
                $bytes = [byte[]]@(for ($j = 0; $j -lt $items[$i].Length; $j += 2) { [Convert]::ToByte($items[$i].Substring($j, 2), 16) })
            }
            Set-Value $at "Data$i" 'Binary' $bytes
            Set-Value $at "DataType$i" 'DWord' $(if ($text) { 2 } else { 1 })
        }
        $number++
    }
}

# icacls FILE /grant *SID:(R) /Q, and /remove:g *SID, and FILE /reset /Q.
function Invoke-Icacls([string[]]$Words) {
    if ($Words.Count -eq 3 -and $Words[1] -ceq '/reset' -and $Words[2] -ceq '/Q' -and (Test-FileThere $Words[0])) {
        Step-Machine "icacls $($Words[0]) /reset" { $Model.Machine.access.Remove($Words[0]); Save-Machine }
        return @{ Code = 0; Output = '' }
    }
    $path, $verb, $who = $Words[0], $Words[1], $Words[2]
    if ($Words.Count -ne 4 -or $Words[3] -cne '/Q' -or -not (Test-FileThere $path)) { throw "icacls: $Words" }
    $now = Get-Access $path
    if ($verb -ceq '/grant' -and $who -match '^\*(S-1-[0-9-]+):\(R\)$') {
        $now += "(A;;FR;;;$($Matches[1]))"
    } elseif ($verb -ceq '/remove:g' -and $who -match '^\*(S-1-[0-9-]+)$') {
        $now = [regex]::Replace($now, '\(A;[^;]*;[^;]*;;;' + $Matches[1] + '\)', '')
    } else {
        throw "icacls: $Words"
    }
    Step-Machine "icacls $path $verb" {
        if ($now -ceq (Get-Inherited $path)) { $Model.Machine.access.Remove($path) } else { $Model.Machine.access[$path] = $now }
        Save-Machine
    }
    return @{ Code = 0; Output = '' }
}

# taskkill /F /PID N. Windows then does what the failure actions say: it would start the program again.
function Invoke-Taskkill([string[]]$Words) {
    if ($Words.Count -ne 3 -or $Words[0] -cne '/F' -or $Words[1] -cne '/PID') { throw "taskkill: $Words" }
    $process = $Model.Machine.processes[$Words[2]]
    if ($null -eq $process) { return @{ Code = 128; Output = '' } }
    if ($null -ne (Get-FailureActions $process.service)) { throw "$($process.service) would be started again" }
    Step-Machine "taskkill $($process.service)" {
        $Model.Machine.told["exit:$($process.service)"] = 1067
        $Model.Machine.processes.Remove($Words[2])
        Save-Machine
    }
    return @{ Code = 0; Output = '' }
}

function Invoke-Control([string[]]$Words) {
    $verb, $name = $Words[0], $Words[1]
    $key = "SYSTEM\CurrentControlSet\Services\$name"
    $rest = [string[]]@($Words | Select-Object -Skip 2)
    $exists = $Model.Machine.registry.ContainsKey($key)
    if ($verb -ceq 'showsid') { return @{ Code = 0; Output = "NAME: $name`r`nSERVICE SID: S-1-5-80-$($name.Length)-1-2-3-4`r`nSTATUS: Inactive`r`n" } }
    if ($verb -ceq 'create') {
        if ($exists) { return @{ Code = 1073; Output = '' } }
        $pairs = Read-Pairs $rest @('binPath=', 'type=', 'start=', 'error=', 'obj=', 'DisplayName=', 'depend=')
        Step-Machine "sc create $name" {
            $Model.Machine.registry[$key] = @{}
            Set-Config $name @{ 'error=' = 'normal'; 'obj=' = 'LocalSystem' }
            Set-Config $name $pairs
            Save-Machine
        }
        return @{ Code = 0; Output = '' }
    }
    if (-not $exists) { return @{ Code = 1060; Output = '' } }
    $process = Get-RunningId $name
    switch -CaseSensitive ($verb) {
        { $_ -ceq 'query' -or $_ -ceq 'queryex' } {
            $state = $(if ($null -ne $process) { '4  RUNNING' } else { '1  STOPPED' })
            $code = [long]$Model.Machine.told["exit:$name"]
            return @{ Code = 0; Output = "`r`nNOM_DU_SERVICE: $name`r`n  TYPE: 10  WIN32_OWN_PROCESS`r`n  ETAT: $state`r`n    (STOPPABLE)`r`n  A: $code  (0x0)`r`n  B: 0  (0x0)`r`n  C: 0x0`r`n  D: 0x0`r`n  E: $([int]$process)`r`n  F:`r`n".Replace("    (STOPPABLE)`r`n", '') }
        }
        'config' { $pairs = Read-Pairs $rest @('binPath=', 'type=', 'start=', 'error=', 'obj=', 'DisplayName=', 'depend='); Step-Machine "sc config $name $($rest[0])" { Set-Config $name $pairs; Save-Machine } }
        'description' { if ($rest.Count -ne 1) { throw 'description' }; Step-Machine "sc description $name" { Set-Value $key 'Description' 'String' $rest[0]; Save-Machine } }
        'failure' {
            $pairs = Read-Pairs $rest @('reset=', 'actions=', 'command=', 'reboot=')
            Step-Machine "sc failure $name" {
                Set-Actions $key ([int]$pairs['reset=']) $pairs['actions=']
                if ($pairs.ContainsKey('command=')) { Set-Value $key 'FailureCommand' 'String' $pairs['command='] }
                Save-Machine
            }
        }
        'failureflag' { if (@('0', '1') -cnotcontains $rest[0]) { throw 'failureflag' }; Step-Machine "sc failureflag $name" { Set-Value $key 'FailureActionsOnNonCrashFailures' 'DWord' ([int]$rest[0]); Save-Machine } }
        'sidtype' {
            $types = @{ 'none' = 0; 'unrestricted' = 1; 'restricted' = 3 }
            if (-not $types.ContainsKey($rest[0])) { throw 'sidtype' }
            Step-Machine "sc sidtype $name" { Set-Value $key 'ServiceSidType' 'DWord' $types[$rest[0]]; Save-Machine }
        }
        'privs' { if ($rest[0] -notmatch '^Se[A-Za-z]+Privilege(/Se[A-Za-z]+Privilege)*$') { throw 'privs' }; Step-Machine "sc privs $name" { Set-Value $key 'RequiredPrivileges' 'MultiString' @($rest[0] -split '/'); Save-Machine } }
        'triggerinfo' { Step-Machine "sc triggerinfo $name" { Set-TriggerInfo $key $rest; Save-Machine } }
        'managedaccount' { if ($rest[0] -cne 'true') { throw 'managedaccount' } }
        'sdshow' { $told = $Model.Machine.told["sd:$name"]; return @{ Code = 0; Output = "`r`n" + $(if ($told) { $told } else { 'D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)S:(AU;FA;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;WD)' }) + "`r`n" } }
        'sdset' { if ($rest[0] -notmatch '^D:') { throw 'sdset' }; Step-Machine "sc sdset $name" { if ($rest[0] -ceq 'D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)') { $Model.Machine.told.Remove("sd:$name") } else { $Model.Machine.told["sd:$name"] = $rest[0] }; Save-Machine } }
        'delete' {
            if ($null -ne (Get-RegistryValue $key 'DeleteFlag')) { return @{ Code = 1072; Output = '' } }
            Step-Machine "sc delete $name" {
                if ($null -ne $process) { throw 'it runs' }
                # Another program holds it open: it is marked, and goes when that lets go of it.
                if ($Model.Machine.told["held:$name"]) { Set-Value $key 'DeleteFlag' 'DWord' 1; Save-Machine; return }
                foreach ($other in @($Model.Machine.registry.Keys)) { if ($other -eq $key -or $other.StartsWith($key + '\')) { $Model.Machine.registry.Remove($other) } }
                $Model.Machine.told.Remove("exit:$name")
                $Model.Machine.told.Remove("password:$name")
                $Model.Machine.told.Remove("sd:$name")
                Save-Machine
            }
        }
        'start' {
            if ($null -ne $process) { return @{ Code = 1056; Output = '' } }
            if ((Get-RegistryValue $key 'Start') -eq 4) { return @{ Code = 1058; Output = '' } }
            foreach ($needed in (Get-RegistryTexts $key 'DependOnService')) {
                if ($Model.Machine.registry.ContainsKey("SYSTEM\CurrentControlSet\Services\$needed") -and $null -eq (Get-RunningId $needed)) { $null = Invoke-Control @('start', $needed) }
            }
            if (-not (Test-Logon $name)) { return @{ Code = 1069; Output = '' } }
            $exe = Get-Exe (Get-RegistryValue $key 'ImagePath')
            $does = Get-Behaviour $exe
            if ($does -eq 'missing') { return @{ Code = 2; Output = '' } }
            Step-Machine "sc start $name" {
                if ($does.StartsWith('crash')) {
                    $Model.Machine.told["exit:$name"] = 1067
                } else {
                    $id = [string]$Model.Machine.next
                    $Model.Machine.next = [int]$Model.Machine.next + 1
                    $Model.Machine.processes[$id] = @{ service = $name; image = $exe }
                    $Model.Machine.told.Remove("exit:$name")
                }
                Save-Machine
            }
        }
        'stop' {
            if ($null -eq $process) { return @{ Code = 1062; Output = '' } }
            foreach ($id in @($Model.Machine.processes.Keys)) {
                $other = $Model.Machine.processes[$id].service
                if ((Get-RegistryTexts "SYSTEM\CurrentControlSet\Services\$other" 'DependOnService') -contains $name) { return @{ Code = 1051; Output = '' } }
            }
            # One that hangs takes the request and goes on.
            if ((Get-Behaviour $Model.Machine.processes[$process].image).StartsWith('stubborn')) { return @{ Code = 0; Output = '' } }
            Step-Machine "sc stop $name" { $Model.Machine.processes.Remove($process); Save-Machine }
        }
        default { throw "sc.exe: no verb $verb" }
    }
    return @{ Code = 0; Output = '' }
}

# netsh http show|add|delete urlacl.
function Invoke-Netsh([string[]]$Words) {
    if ($Words[0] -cne 'http' -or $Words[2] -cne 'urlacl' -or $Words[3] -notmatch '^url=(https?://[^/ ]+:[0-9]+/([^ ]*/)?)$') { throw "netsh: $Words" }
    $url = 'url:' + $Matches[1]
    $told = $Model.Machine.told[$url]
    switch -CaseSensitive ($Words[1]) {
        'show' { return @{ Code = 0; Output = $(if ($told) { "`r`n    R$([char]233)serv$([char]233) : x`r`n        SDDL : $told`r`n" } else { "`r`n" }) } }
        'add' {
            if ($told) { return @{ Code = 1; Output = '183' } }
            if ($Words[4] -notmatch '^sddl=(D:\(A;;G[XA];;;[A-Z0-9-]+\))$') { throw "netsh: $Words" }
            $sddl = $Matches[1]
            Step-Machine "netsh add $url" { $Model.Machine.told[$url] = $sddl; Save-Machine }
        }
        'delete' {
            if (-not $told) { return @{ Code = 1; Output = '2' } }
            Step-Machine "netsh delete $url" { $Model.Machine.told.Remove($url); Save-Machine }
        }
        default { throw "netsh: $Words" }
    }
    return @{ Code = 0; Output = '' }
}

function Get-FirewallRule([string]$Name) {
    $told = $Model.Machine.told["rule:$Name"]
    if ($null -eq $told) { return $null }
    return , [string[]]@(foreach ($text in $told) { if ($text -cmatch '^remote=(.+)$') { 'remote=' + (Format-Remote ($Matches[1] -split ',')) } else { $text } })
}

# As Windows keeps an IPv4 subnet: with its mask.
function Format-Masks([string]$Text) {
    return [regex]::Replace($Text, '(?<=\d\.\d+\.\d+\.\d+)/(\d+)(?=,|$)', {
        param($match)
        $mask = [uint32]0
        for ($i = 0; $i -lt [int]$match.Groups[1].Value; $i++) { $mask = $mask -bor ([uint32]1 -shl (31 - $i)) }
        $bytes = [BitConverter]::GetBytes($mask)
        [Array]::Reverse($bytes)
        return '/' + ($bytes -join '.')
    })
}

function Set-FirewallRule([string]$Name, $Value) {
    foreach ($text in @($Value | Where-Object { $_ })) { if ($text -notmatch '^(protocol=(tcp|udp)|port=[0-9,-]+|profiles=[a-z,]+|remote=.*|service=.+)$') { throw "firewall: $text" } }
    Step-Machine "firewall $Name" {
        if ($null -eq $Value) { $Model.Machine.told.Remove("rule:$Name") } else { $Model.Machine.told["rule:$Name"] = @($Value | ForEach-Object { Format-Masks $_ }) }
        Save-Machine
    }
}

# What a program does stands in its file: the code that it ends with.
function Invoke-Program([string]$Path, [string[]]$Arguments, [int]$LimitMs) {
    $words = $(if ($Path -match '\.(cmd|bat)$') { @($Arguments | Where-Object { $null -ne $_ } | ForEach-Object { ConvertTo-BatchArgument $_ }) -join ' ' } else { "$Arguments" })
    [IO.File]::AppendAllText($Model.Root + '/programs.log', "$Path $words`n")
    $does = Get-Behaviour $Path
    if ($does -match '^code ([0-9]+)(?: says (.*))?') { return New-Object PSObject -Property @{ Code = [int]$Matches[1]; Said = [string]$Matches[2] } }
    if ($does -ceq 'missing') { throw "there is no $Path" }
    return New-Object PSObject -Property @{ Code = 0; Said = '' }
}

function Invoke-Tool([string]$Name, [string[]]$Arguments, [int[]]$Accept = @(0)) {
    $answer = $(switch ($Name) { 'sc.exe' { Invoke-Control $Arguments } 'netsh.exe' { Invoke-Netsh $Arguments } 'icacls.exe' { Invoke-Icacls $Arguments } 'taskkill.exe' { Invoke-Taskkill $Arguments } default { throw "the model has no $Name" } })
    if ($Accept -notcontains $answer.Code) { Stop-Script Failed "$Name $($Arguments[0]) $($Arguments[1]) failed with code $(Get-CodeText $answer.Code)" }
    return New-Object PSObject -Property $answer
}

# Who answers: any running service whose program is well.
function Test-Http([string]$Url) {
    foreach ($id in @($Model.Machine.processes.Keys)) {
        if ((Get-Behaviour $Model.Machine.processes[$id].image).StartsWith('ill')) { return "$Url answers 500" }
    }
    return $(if ($Model.Machine.processes.Count -eq 0) { "${Url}: refused" } else { '' })
}

function Test-Tcp([string]$Address) { return Test-Http $Address }

Read-Machine
#endregion hands
