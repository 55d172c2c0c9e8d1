import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { childEnvironment, type SecretKeeper } from '@sitedrive/core/internal'

/** The time until a cancelled build is killed. Milliseconds. */
const ENDING_MS = 5_000
/** How long processes that a build left running may keep its output open after its end. Milliseconds. */
const OUTPUT_MS = 1_000

export interface ChildBuildOptions {
  /** A shell command. */
  command: string
  cwd: string
  env: NodeJS.ProcessEnv
  /** Names this process in the build: a publish there says that this process has the secret. */
  keeper: SecretKeeper
  onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void
}

/** How a build ended. */
export type BuildEnd =
  { kind: 'exit'; code: number } | { kind: 'signal'; signal: string } | { kind: 'not started'; why: string }

/** A running build, in a process group of its own. */
export interface ChildBuild {
  readonly ended: Promise<BuildEnd>
  /** Ends it and all processes that it has started. Safe to call twice. */
  cancel(): void
}

/** Starts a project's production build. Its standard input is closed, so it cannot ask anything. */
export function startBuild({ command, cwd, env, keeper, onOutput }: ChildBuildOptions): ChildBuild {
  const hasGroup = process.platform !== 'win32'
  const child = spawn(command, {
    cwd,
    // guard: secret: the build of *Publish all* never sees it
    env: childEnvironment(env, keeper),
    shell: true,
    detached: hasGroup,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (bytes: Buffer) => onOutput(stream, bytes))
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<BuildEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'not started', why: error.message }))
    child.once('exit', (code, signal) =>
      resolve(signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal })
    )
  })
  const signalAll = (name: NodeJS.Signals): void => {
    if (child.pid === undefined) return
    try {
      process.kill(hasGroup ? -child.pid : child.pid, name)
    } catch {
      // It has ended.
    }
  }
  let hasEnded = false
  let killing: NodeJS.Timeout | undefined
  return {
    ended: exited.then(async (end) => {
      await Promise.race([closed, pause(OUTPUT_MS, undefined, { ref: false })])
      // A cancelled build must leave no process running.
      if (killing) signalAll('SIGKILL')
      clearTimeout(killing)
      hasEnded = true
      child.stdout.destroy()
      child.stderr.destroy()
      return end
    }),
    cancel() {
      // After the end, its group id may belong to another program.
      if (killing || hasEnded) return
      signalAll('SIGTERM')
      killing = setTimeout(() => signalAll('SIGKILL'), ENDING_MS)
    }
  }
}
