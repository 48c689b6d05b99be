// A host of PowerShell's engine for the tests: no console, no questions. It does one thing in one of three ways:
//
//   -File SCRIPT [-NAME [VALUE]]…   runs a script, prints what it prints, and ends with its exit code
//   -Parse FILE…                    names the errors that PowerShell's own parser finds; ends with 1 when there is one
//   -Serve PORT                     asks 127.0.0.1:PORT for jobs until the other side hangs up
//
// Starting an engine takes seconds, in Wine most of all, so the tests serve all their cases from one process. A job is one line of
// JSON, its result is one line of JSON (tests/support/powershell.rs writes and reads them). Each job runs in a runspace of its own;
// what it changes in the process (environment, folder) is put back.
//
// It is compiled by the engine that it drives (serve.ps1), or by any C# compiler into a program that takes the place of pwsh.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace Winsvc.Tests
{
    public static class Program
    {
        public static int Main(string[] args)
        {
            var code = Run(args);
            Console.Out.Flush();
            // Threads of a script that was given up must not keep the process.
            Environment.Exit(code);
            return code;
        }

        static int Run(string[] args)
        {
            for (var i = 0; i < args.Length; i++)
            {
                var rest = args.Skip(i + 1).ToArray();
                switch (args[i].ToLowerInvariant())
                {
                    // What else pwsh would be given.
                    case "-noprofile":
                    case "-noninteractive":
                    case "-nologo":
                        continue;
                    case "-file":
                        return RunFile(rest);
                    case "-parse":
                        return ParseFiles(rest);
                    case "-serve":
                        Server.Serve(int.Parse(rest[0], CultureInfo.InvariantCulture));
                        return 0;
                }
                break;
            }
            Console.Error.WriteLine("usage: -File SCRIPT [-NAME [VALUE]]… | -Parse FILE… | -Serve PORT");
            return 64;
        }

        static int RunFile(string[] args)
        {
            var job = new Job { Script = Path.GetFullPath(args[0]) };
            for (var i = 1; i < args.Length; i++)
            {
                if (!args[i].StartsWith("-", StringComparison.Ordinal)) job.Arguments.Add(args[i]);
                else if (i + 1 < args.Length && !args[i + 1].StartsWith("-", StringComparison.Ordinal))
                {
                    job.Parameters[args[i].Substring(1)] = args[i + 1];
                    i++;
                }
                else job.Parameters[args[i].Substring(1)] = true;
            }
            var result = Runner.Run(job);
            Console.Out.Write(result.Host);
            foreach (var item in result.Output) Console.Out.WriteLine(item?.ToString());
            foreach (var line in result.Warnings) Console.Out.WriteLine("WARNING: " + line);
            foreach (var line in result.Verbose) Console.Out.WriteLine("VERBOSE: " + line);
            foreach (var error in result.Errors) Console.Error.WriteLine(Describe(error));
            if (result.Terminating != null) Console.Error.WriteLine(Describe(result.Terminating));
            return result.Exit;
        }

        static string Describe(ErrorRecord error) => error + "\n" + error.InvocationInfo?.PositionMessage;

        static int ParseFiles(string[] files)
        {
            var bad = false;
            foreach (var file in files)
            {
                Parser.ParseFile(Path.GetFullPath(file), out _, out var errors);
                foreach (var e in errors)
                {
                    bad = true;
                    Console.WriteLine($"{file}:{e.Extent.StartLineNumber}:{e.Extent.StartColumnNumber}: {e.ErrorId}: {e.Message}");
                }
            }
            return bad ? 1 : 0;
        }
    }

    /// What to run.
    sealed class Job
    {
        public string Script;
        public string Text;
        public string Before;
        public Dictionary<string, object> Parameters = new Dictionary<string, object>();
        public List<object> Arguments = new List<object>();
        public Dictionary<string, string> Environment = new Dictionary<string, string>();
        public List<string> Modules = new List<string>();
        public List<int> Choices = new List<int>();
        public string Folder;
        public string Language;
        public int Limit = 600000;
        public int Depth = 3;
    }

    /// How it went. `Json` is the output as JSON texts, made in the job's own runspace.
    sealed class Result
    {
        public int Exit;
        public bool TimedOut;
        public Collection<PSObject> Output = new Collection<PSObject>();
        public List<string> Json = new List<string>();
        public List<ErrorRecord> Errors = new List<ErrorRecord>();
        public ErrorRecord Terminating;
        public List<string> Warnings = new List<string>();
        public List<string> Verbose = new List<string>();
        public List<string> Debug = new List<string>();
        public List<string> Information = new List<string>();
        public string Host = "";
        public long Milliseconds;
    }

    static class Runner
    {
        public static Result Run(Job job)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var was = new Dictionary<string, string>();
            foreach (var pair in job.Environment)
            {
                was[pair.Key] = Environment.GetEnvironmentVariable(pair.Key);
                Environment.SetEnvironmentVariable(pair.Key, pair.Value);
            }
            var folder = Environment.CurrentDirectory;
            try
            {
                var result = RunThere(job);
                result.Milliseconds = clock.ElapsedMilliseconds;
                return result;
            }
            finally
            {
                foreach (var pair in was) Environment.SetEnvironmentVariable(pair.Key, pair.Value);
                Environment.CurrentDirectory = folder;
            }
        }

        static Result RunThere(Job job)
        {
            var result = new Result();
            var host = new TestHost(job.Choices);
            var state = InitialSessionState.CreateDefault2();
            if (Environment.OSVersion.Platform == PlatformID.Win32NT)
                state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
            if (job.Modules.Count > 0) state.ImportPSModule(job.Modules.ToArray());
            using (var runspace = RunspaceFactory.CreateRunspace(host, state))
            {
                runspace.Open();
                if (job.Folder != null) runspace.SessionStateProxy.Path.SetLocation(job.Folder);
                var shell = PowerShell.Create();
                shell.Runspace = runspace;
                if (job.Before != null)
                {
                    shell.AddScript(job.Before).Invoke();
                    if (shell.HadErrors) throw new InvalidOperationException("before: " + string.Join("; ", shell.Streams.Error));
                    shell.Commands.Clear();
                    shell.Streams.ClearStreams();
                }
                var values = job.Parameters.ToDictionary(p => p.Key, p => Evaluate(shell, p.Value));
                if (job.Language != null)
                    runspace.SessionStateProxy.LanguageMode = (PSLanguageMode)Enum.Parse(typeof(PSLanguageMode), job.Language);
                if (job.Script != null) shell.AddCommand(job.Script);
                else shell.AddScript(job.Text);
                foreach (var pair in values) shell.AddParameter(pair.Key, pair.Value);
                foreach (var value in job.Arguments) shell.AddArgument(value);
                ReportExit(runspace);
                var output = new PSDataCollection<PSObject>();
                var input = new PSDataCollection<PSObject>();
                input.Complete();
                var running = shell.BeginInvoke(input, output);
                try
                {
                    if (running.AsyncWaitHandle.WaitOne(job.Limit))
                    {
                        shell.EndInvoke(running);
                    }
                    else
                    {
                        result.TimedOut = true;
                        // Stops at the next statement; one that never comes is left behind.
                        shell.BeginStop(null, null).AsyncWaitHandle.WaitOne(5000);
                    }
                }
                catch (RuntimeException problem)
                {
                    result.Terminating = problem.ErrorRecord;
                }
                // As pwsh -File: what the script said by `exit`, else whether it came to its end.
                result.Exit = host.Exit ?? (result.Terminating != null || result.TimedOut ? 1 : 0);
                foreach (var item in output) result.Output.Add(item);
                result.Errors.AddRange(shell.Streams.Error);
                result.Warnings.AddRange(shell.Streams.Warning.Select(r => r.Message));
                result.Verbose.AddRange(shell.Streams.Verbose.Select(r => r.Message));
                result.Debug.AddRange(shell.Streams.Debug.Select(r => r.Message));
                result.Information.AddRange(shell.Streams.Information.Select(r => r.MessageData?.ToString() ?? ""));
                result.Host = host.Text;
                if (!result.TimedOut)
                {
                    runspace.SessionStateProxy.LanguageMode = PSLanguageMode.FullLanguage;
                    foreach (var item in output) result.Json.Add(ToJson(shell, item, job.Depth));
                }
            }
            return result;
        }

        // A value that only PowerShell can write: { "$ps": "expression" }.
        static object Evaluate(PowerShell shell, object value)
        {
            if (!(value is Hashtable table) || table.Count != 1 || !(table["$ps"] is string expression)) return value;
            shell.Commands.Clear();
            var made = shell.AddScript(expression).Invoke();
            shell.Commands.Clear();
            if (shell.HadErrors || made.Count != 1) throw new InvalidOperationException(expression + " gives no one value");
            return made[0];
        }

        static string ToJson(PowerShell shell, PSObject item, int depth)
        {
            if (item == null) return "null";
            shell.Commands.Clear();
            shell.Streams.ClearStreams();
            shell.AddCommand(@"Microsoft.PowerShell.Utility\ConvertTo-Json").AddParameter("InputObject", item);
            shell.AddParameter("Depth", depth).AddParameter("Compress");
            return (string)shell.Invoke()[0].BaseObject;
        }

        // Without this the engine keeps the code of `exit` in $LASTEXITCODE, where the codes of programs are too. pwsh -File does the
        // same from inside.
        static void ReportExit(Runspace runspace)
        {
            const BindingFlags any = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
            var context = typeof(Runspace).GetProperty("ExecutionContext", any).GetValue(runspace);
            context.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", any).SetValue(context, true);
        }
    }

    sealed class TestHost : PSHost
    {
        readonly TestUi ui;
        readonly Guid id = Guid.NewGuid();

        public TestHost(IEnumerable<int> choices) { ui = new TestUi(choices); }

        public int? Exit { get; private set; }
        public string Text => ui.Text;
        public override string Name => "cargo-winsvc tests";
        public override Version Version => new Version(1, 0);
        public override Guid InstanceId => id;
        public override PSHostUserInterface UI => ui;
        public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;
        public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;
        public override void SetShouldExit(int exitCode) { Exit = exitCode; }
        public override void EnterNestedPrompt() { throw new NotSupportedException(); }
        public override void ExitNestedPrompt() { }
        public override void NotifyBeginApplication() { }
        public override void NotifyEndApplication() { }
    }

    /// Keeps what is written and answers no question but those that a job has answers for.
    sealed class TestUi : PSHostUserInterface
    {
        readonly StringBuilder text = new StringBuilder();
        readonly Queue<int> choices;

        public TestUi(IEnumerable<int> choices) { this.choices = new Queue<int>(choices); }

        public string Text { get { lock (text) return text.ToString(); } }
        public override PSHostRawUserInterface RawUI => null;

        void Add(string value) { lock (text) text.Append(value); }

        public override void Write(string value) => Add(value);
        public override void Write(ConsoleColor foreground, ConsoleColor background, string value) => Add(value);
        public override void WriteLine(string value) => Add(value + "\n");
        public override void WriteErrorLine(string value) => Add("ERROR: " + value + "\n");
        public override void WriteDebugLine(string value) => Add("DEBUG: " + value + "\n");
        public override void WriteVerboseLine(string value) => Add("VERBOSE: " + value + "\n");
        public override void WriteWarningLine(string value) => Add("WARNING: " + value + "\n");
        public override void WriteProgress(long source, ProgressRecord record) { }

        static Exception Asked(string what) => new PSInvalidOperationException("nobody is here to answer: " + what);

        public override string ReadLine() => throw Asked("a line");
        public override SecureString ReadLineAsSecureString() => throw Asked("a secret line");

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> fields) =>
            throw Asked(string.Join(", ", fields.Select(f => f.Name)));

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> offered, int standard)
        {
            Add(caption + "\n" + message + "\n");
            return choices.Count > 0 ? choices.Dequeue() : throw Asked(message);
        }

        public override PSCredential PromptForCredential(string caption, string message, string user, string target) =>
            throw Asked("credentials");

        public override PSCredential PromptForCredential(string caption, string message, string user, string target,
            PSCredentialTypes types, PSCredentialUIOptions options) => throw Asked("credentials");
    }

    /// One job after the other, by lines of JSON.
    public static class Server
    {
        public static void Serve(int port)
        {
            using (var client = new TcpClient())
            {
                client.Connect(IPAddress.Loopback, port);
                client.NoDelay = true;
                var utf8 = new UTF8Encoding(false);
                using (var reader = new StreamReader(client.GetStream(), utf8))
                using (var writer = new StreamWriter(client.GetStream(), utf8) { NewLine = "\n", AutoFlush = true })
                {
                    writer.WriteLine(Write(Greet));
                    for (var line = reader.ReadLine(); line != null; line = reader.ReadLine())
                        writer.WriteLine(Answer(line));
                }
            }
        }

        static void Greet(Utf8JsonWriter json)
        {
            var engine = typeof(PowerShell).Assembly;
            var version = engine.GetCustomAttribute<AssemblyInformationalVersionAttribute>().InformationalVersion;
            json.WriteString("version", version.Split(' ')[0]);
            json.WriteString("home", Path.GetDirectoryName(engine.Location));
        }

        static string Answer(string line)
        {
            try
            {
                using (var document = JsonDocument.Parse(line))
                {
                    var request = document.RootElement;
                    if (request.TryGetProperty("parse", out var files)) return Write(json => Parse(json, files));
                    var result = Runner.Run(ReadJob(request));
                    return Write(json => WriteResult(json, result));
                }
            }
            catch (Exception problem)
            {
                return Write(json => json.WriteString("broken", problem.ToString()));
            }
        }

        static string Write(Action<Utf8JsonWriter> fields)
        {
            using (var bytes = new MemoryStream())
            {
                using (var json = new Utf8JsonWriter(bytes))
                {
                    json.WriteStartObject();
                    fields(json);
                    json.WriteEndObject();
                }
                return Encoding.UTF8.GetString(bytes.ToArray());
            }
        }

        static Job ReadJob(JsonElement request)
        {
            var job = new Job();
            foreach (var field in request.EnumerateObject())
            {
                var value = field.Value;
                switch (field.Name)
                {
                    case "script": job.Script = value.GetString(); break;
                    case "text": job.Text = value.GetString(); break;
                    case "before": job.Before = value.GetString(); break;
                    case "folder": job.Folder = value.GetString(); break;
                    case "language": job.Language = value.GetString(); break;
                    case "limit": job.Limit = value.GetInt32(); break;
                    case "depth": job.Depth = value.GetInt32(); break;
                    case "parameters":
                        foreach (var p in value.EnumerateObject()) job.Parameters[p.Name] = ToValue(p.Value);
                        break;
                    case "arguments": job.Arguments.AddRange(value.EnumerateArray().Select(ToValue)); break;
                    case "environment":
                        foreach (var p in value.EnumerateObject()) job.Environment[p.Name] = p.Value.GetString();
                        break;
                    case "modules": job.Modules.AddRange(value.EnumerateArray().Select(v => v.GetString())); break;
                    case "choices": job.Choices.AddRange(value.EnumerateArray().Select(v => v.GetInt32())); break;
                    default: throw new ArgumentException("no field of a job: " + field.Name);
                }
            }
            if (job.Script == null && job.Text == null) throw new ArgumentException("a job has a script or a text");
            return job;
        }

        static object ToValue(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String: return value.GetString();
                case JsonValueKind.True: return true;
                case JsonValueKind.False: return false;
                case JsonValueKind.Number:
                    if (value.TryGetInt32(out var small)) return small;
                    return value.TryGetInt64(out var large) ? large : (object)value.GetDouble();
                case JsonValueKind.Array: return value.EnumerateArray().Select(ToValue).ToArray();
                case JsonValueKind.Object:
                    var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
                    foreach (var p in value.EnumerateObject()) table[p.Name] = ToValue(p.Value);
                    return table;
                default: return null;
            }
        }

        static void WriteResult(Utf8JsonWriter json, Result result)
        {
            json.WriteNumber("exit", result.Exit);
            json.WriteBoolean("timedOut", result.TimedOut);
            json.WriteStartArray("output");
            foreach (var item in result.Json)
            {
                using (var document = JsonDocument.Parse(item, new JsonDocumentOptions { MaxDepth = 200 }))
                    document.RootElement.WriteTo(json);
            }
            json.WriteEndArray();
            json.WriteStartArray("errors");
            foreach (var error in result.Errors) WriteError(json, error);
            json.WriteEndArray();
            json.WritePropertyName("terminating");
            if (result.Terminating == null) json.WriteNullValue();
            else WriteError(json, result.Terminating);
            WriteList(json, "warnings", result.Warnings);
            WriteList(json, "verbose", result.Verbose);
            WriteList(json, "debug", result.Debug);
            WriteList(json, "information", result.Information);
            json.WriteString("host", result.Host);
            json.WriteNumber("milliseconds", result.Milliseconds);
        }

        static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> lines)
        {
            json.WriteStartArray(name);
            foreach (var line in lines) json.WriteStringValue(line);
            json.WriteEndArray();
        }

        static void WriteError(Utf8JsonWriter json, ErrorRecord error)
        {
            json.WriteStartObject();
            json.WriteString("message", error.ToString());
            json.WriteString("id", error.FullyQualifiedErrorId);
            json.WriteString("category", error.CategoryInfo.Category.ToString());
            json.WriteString("exception", error.Exception?.GetType().FullName);
            json.WriteString("script", error.InvocationInfo?.ScriptName);
            json.WriteNumber("line", error.InvocationInfo?.ScriptLineNumber ?? 0);
            json.WriteString("trace", error.ScriptStackTrace);
            json.WriteEndObject();
        }

        static void Parse(Utf8JsonWriter json, JsonElement files)
        {
            json.WriteStartArray("files");
            foreach (var file in files.EnumerateArray().Select(f => f.GetString()))
            {
                var script = Parser.ParseFile(file, out _, out var errors);
                json.WriteStartObject();
                json.WriteStartArray("errors");
                foreach (var e in errors)
                {
                    json.WriteStartObject();
                    json.WriteNumber("line", e.Extent.StartLineNumber);
                    json.WriteNumber("column", e.Extent.StartColumnNumber);
                    json.WriteString("id", e.ErrorId);
                    json.WriteString("message", e.Message);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                var commands = script.FindAll(a => a is CommandAst, true).Cast<CommandAst>();
                // A command whose name is only known when it runs is named as it is written.
                var names = commands.Select(c => c.GetCommandName() ?? c.CommandElements[0].Extent.Text);
                WriteList(json, "commands", names.Distinct(StringComparer.OrdinalIgnoreCase).OrderBy(n => n, StringComparer.Ordinal));
                var types = script.FindAll(a => a is TypeExpressionAst || a is TypeConstraintAst, true);
                var typeNames = types.Select(a => a is TypeExpressionAst t ? t.TypeName.FullName : ((TypeConstraintAst)a).TypeName.FullName);
                WriteList(json, "types", typeNames.Distinct(StringComparer.OrdinalIgnoreCase).OrderBy(n => n, StringComparer.Ordinal));
                var parameters = script.ParamBlock?.Parameters.Select(p => p.Name.VariablePath.UserPath);
                WriteList(json, "parameters", parameters ?? Enumerable.Empty<string>());
                WriteHelp(json, script.GetHelpContent());
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }

        static void WriteHelp(Utf8JsonWriter json, CommentHelpInfo help)
        {
            json.WriteStartObject("help");
            if (help != null)
            {
                json.WriteString("synopsis", help.Synopsis?.Trim());
                json.WriteString("description", help.Description?.Trim());
                json.WriteString("outputs", string.Join("\n", help.Outputs).Trim());
                WriteList(json, "examples", help.Examples.Select(e => e.Trim()));
                json.WriteStartObject("parameters");
                foreach (var pair in help.Parameters) json.WriteString(pair.Key, pair.Value.Trim());
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
    }
}
