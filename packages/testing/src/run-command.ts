import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

export interface Command {
  command: string
  args: readonly string[]
}

export interface RunOptions {
  cwd: string
  /** The whole environment, see `cleanEnvironment`. */
  env: NodeJS.ProcessEnv
  /** What is typed into it, whole, before its input ends. @default nothing */
  input?: string
  /** The process is killed, and the run fails, when it takes longer. Milliseconds. @default 60000 */
  deadlineMs?: number
}

export interface Finished {
  /** null when a signal ended the process. */
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** Both, in the order in which they came. */
  output: string
  /** From the last thing that it printed to its end. Milliseconds. */
  silentMs: number
}

export interface Running {
  /** What was printed so far. */
  output: () => string
  /** Signals the process and all that it started. */
  signal: (name: NodeJS.Signals) => void
  /** @throws when the process could not be started or took longer than its deadline */
  finished: Promise<Finished>
}

const DEADLINE_MS = 60_000

/** Runs a real command to its end; any exit code is an answer. */
export function runCommand(command: Command, options: RunOptions): Promise<Finished> {
  return startCommand(command, options).finished
}

/** Runs a real command that must end with exit code 0. @throws with all that it printed when it does not */
export async function runToSuccess(command: Command, options: RunOptions): Promise<Finished> {
  const finished = await runCommand(command, options)
  if (finished.exitCode === 0) return finished
  const words = `\`${command.command} ${command.args.join(' ')}\``
  throw new Error(
    `${words} ended with ${finished.exitCode ?? finished.signal}. It printed:\n${finished.output}`
  )
}

/** Starts a real command. It does not outlive the running test. */
export function startCommand(
  { command, args }: Command,
  { cwd, env, input = '', deadlineMs = DEADLINE_MS }: RunOptions
): Running {
  // A process group of its own, so that a signal reaches what the command starts, as Ctrl-C would.
  const hasGroup = process.platform !== 'win32'
  const child = spawn(command, args, { cwd, env, stdio: 'pipe', detached: hasGroup })
  const texts = { stdout: '', stderr: '', output: '' }
  child.stdin.on('error', () => {}) // it ended without reading all of it
  child.stdin.end(input)
  let lastWordAt = performance.now()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
      texts.output += text
      lastWordAt = performance.now()
    })
  }
  let isRunning = true
  const signal = (name: NodeJS.Signals): void => {
    if (!isRunning || child.pid === undefined) return
    try {
      process.kill(hasGroup ? -child.pid : child.pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it has just ended
    }
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    let isLate = false
    const deadline = setTimeout(() => {
      isLate = true
      signal('SIGKILL')
    }, deadlineMs)
    child.once('error', reject)
    // `close`, not `exit`: a process that left another one running behind has not come to its end.
    child.once('close', (exitCode, by) => {
      isRunning = false
      clearTimeout(deadline)
      const words = `\`${command} ${args.join(' ')}\``
      if (isLate)
        reject(new Error(`${words} was still running after ${deadlineMs} ms. It printed:\n${texts.output}`))
      else resolve({ exitCode, signal: by, ...texts, silentMs: performance.now() - lastWordAt })
    })
  })
  finished.catch(() => {}) // whoever awaits it hears of it; nobody needs to
  onTestFinished(async () => {
    signal('SIGKILL')
    await finished.catch(() => {})
  })
  return { output: () => texts.output, signal, finished }
}
