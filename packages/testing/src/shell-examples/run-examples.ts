import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { startCommand, type Running } from '../run-command.js'
import { until } from '../until.js'
import { ExampleMachine } from './example-machine.js'
import { fillIn, matchOutput, plainLines, type Values } from './match-output.js'
import { parseExamples, type ExampleCommand, type ProjectName, type ShellExample } from './parse-examples.js'

export interface RunExamplesOptions {
  /** Also those that take long. @default false */
  withLong?: boolean
}

/** For a command on a machine that is busy. Milliseconds. */
const DEADLINE_MS = 120_000

/**
 * Runs the shell examples of a page as they stand, from the top down, as a reader would who types all of it.
 *
 * Call it inside a test: folders are removed and processes are ended with it.
 *
 * @param file the Markdown file
 * @returns how many blocks were run
 * @throws with file, line, command and output, when an example does not do what the page says
 */
export async function runExamples(
  file: string,
  { withLong = false }: RunExamplesOptions = {}
): Promise<number> {
  const examples = parseExamples(readFileSync(file, 'utf8'))
  let machine: ExampleMachine | null = null
  let isLeftOut = false
  let count = 0
  for (const example of examples) {
    if (example.kind === 'shell') {
      const { project, isLong, notRun } = example.marks
      if (notRun !== null) continue
      // What comes after a long one in the same folder needs what it did.
      if (isLong || project !== null) isLeftOut = (isLong && !withLong) || !canBuild(project)
      if (isLeftOut) continue
      if (project !== null || machine === null) {
        await machine?.close()
        machine = await ExampleMachine.open(project ?? 'empty', example.marks.has)
      }
      await new ShellRun(machine, file).run(example)
      count++
    } else if (!isLeftOut) {
      machine ??= await ExampleMachine.open('empty', new Set())
      const target = path.join(machine.dir, example.name)
      mkdirSync(path.dirname(target), { recursive: true })
      writeFileSync(target, example.content)
    }
  }
  await machine?.close()
  return count
}

/** Jekyll and Hugo come from no registry, and are not on each machine. */
function canBuild(project: ProjectName | null): boolean {
  const [, program] = /^(jekyll|hugo)-/.exec(project ?? '') ?? []
  return program === undefined || spawnSync(program, ['--help'], { stdio: 'ignore' }).status === 0
}

class ShellRun {
  private readonly machine: ExampleMachine
  private readonly file: string

  constructor(machine: ExampleMachine, file: string) {
    this.machine = machine
    this.file = file
  }

  async run({ steps, marks, line }: ShellExample): Promise<void> {
    if (steps.kind === 'sh') {
      if (marks.staysUp)
        throw this.failure(line, '', 'what stays up is shown in a `console` block, with what it prints')
      const { exitCode, output } = await this.finish(steps.script, line, 'set -e\n')
      if ((exitCode !== 0) !== marks.fails)
        throw this.failure(line, steps.script, `it ended with ${exitCode}`, output)
      return
    }
    for (const [at, command] of steps.commands.entries()) {
      const next = steps.commands[at + 1]
      if (marks.staysUp && !next) await this.stayUp(command)
      else await this.compare(command, (next === undefined && marks.fails) || next?.command === 'echo $?')
    }
  }

  /** Runs a command to its end, and compares what it printed. */
  private async compare({ command, expected, line }: ExampleCommand, mayFail: boolean): Promise<void> {
    const stopAt = expected.indexOf('^C')
    let output: string
    let exitCode: number | null
    if (stopAt === -1) ({ exitCode, output } = await this.finish(command, line))
    else {
      const running = this.start(command, line)
      await this.untilPrinted(running, command, expected.slice(0, stopAt), line)
      running.signal('SIGINT')
      ;({ exitCode, output } = await running.finished)
    }
    if (exitCode !== 0 && !mayFail && stopAt === -1)
      throw this.failure(line, command, `it ended with ${exitCode}`, output)
    const wanted = expected.filter((text) => text !== '^C')
    if (expected.length > 0 && !matchOutput(wanted, output, this.machine.values))
      throw this.failure(line, command, `it did not print\n${indent(wanted)}`, output)
  }

  private async stayUp({ command, expected, line }: ExampleCommand): Promise<void> {
    if (expected.length === 0)
      throw this.failure(line, command, 'what stays up shows what it prints when it is ready')
    const running = this.start(command, line)
    this.machine.keep(running)
    await this.untilPrinted(running, command, expected, line)
  }

  private async untilPrinted(
    running: Running,
    command: string,
    expected: string[],
    line: number
  ): Promise<void> {
    const { values } = this.machine
    let hasEnded = false
    const ended = () => (hasEnded = true)
    running.finished.then(ended, ended)
    const isPrinted = () => matchOutput(expected, running.output(), values, false)
    await until(() => isPrinted() || hasEnded, { timeoutMs: DEADLINE_MS }).catch(() => {})
    if (!isPrinted())
      throw this.failure(line, command, `it did not print, and go on,\n${indent(expected)}`, running.output())
  }

  private async finish(
    command: string,
    line: number,
    before = ''
  ): Promise<{ exitCode: number | null; output: string }> {
    return this.start(command, line, before).finished
  }

  /** Folder, variables and exit code go from one command to the next, as in one terminal. */
  private start(command: string, line: number, before = ''): Running {
    const { machine } = this
    let filled: string
    try {
      filled = fillIn(command, machine.values)
    } catch (error) {
      throw this.failure(line, command, (error as Error).message)
    }
    const script = `exec 2>&1
[ -f "$EXAMPLE_STATE/variables" ] && . "$EXAMPLE_STATE/variables"
cd -- "$(cat "$EXAMPLE_STATE/folder")" || exit
trap 'EXAMPLE_CODE=$?; pwd > "$EXAMPLE_STATE/folder"; export -p > "$EXAMPLE_STATE/variables"; echo "$EXAMPLE_CODE" > "$EXAMPLE_STATE/code"; exit "$EXAMPLE_CODE"' EXIT
${before}(exit "$(cat "$EXAMPLE_STATE/code")") ; ${filled}
`
    return startCommand(
      {
        command: 'bash',
        args: ['-c', before === '' ? script : script.replace('(exit "$(cat "$EXAMPLE_STATE/code")") ; ', '')]
      },
      { cwd: machine.dir, env: machine.env, deadlineMs: DEADLINE_MS * 4 }
    )
  }

  private failure(line: number, command: string, why: string, output?: string): Error {
    const printed =
      output === undefined ? '' : `\nIt printed:\n${indent(plainLines(output).trimEnd().split('\n'))}`
    const values = describeValues(this.machine.values)
    return new Error(`${this.file}:${line}: \`${command}\`: ${why}${printed}${values}`)
  }
}

function indent(lines: string[]): string {
  return lines.map((line) => `  | ${line}`).join('\n')
}

function describeValues(values: Values): string {
  return values.size === 0
    ? ''
    : `\nKnown: ${[...values].map(([name, value]) => `<${name}> ${value}`).join(', ')}`
}
