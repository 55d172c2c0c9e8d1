import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { childEnvironment, type SecretKeeper } from '@sitedrive/core'

/** How long a build may take to end when it is asked to. Milliseconds. */
const ENDING_MS = 5_000
/** How long what a build left running may go on holding its output. Milliseconds. */
const OUTPUT_MS = 1_000

export interface ChildBuildOptions {
  /** A line for the shell. */
  command: string
  cwd: string
  env: NodeJS.ProcessEnv
  /** This process, for whoever asks in the build's why nothing is published. */
  keeper: SecretKeeper
  onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void
}

/** How a build ended. */
export type BuildEnd =
  { kind: 'exit'; code: number } | { kind: 'signal'; signal: string } | { kind: 'not started'; why: string }

/** A build that runs, in a process group of its own. */
export interface ChildBuild {
  readonly ended: Promise<BuildEnd>
  /** Ends it and all that it has started. Safe to call twice. */
  cancel(): void
}

/** Starts a project's production build. It has nobody to ask: its input has ended. */
export function startBuild({ command, cwd, env, keeper, onOutput }: ChildBuildOptions): ChildBuild {
  const hasGroup = process.platform !== 'win32'
  const child = spawn(command, {
    cwd,
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
      // What was cancelled leaves nothing running.
      if (killing) signalAll('SIGKILL')
      clearTimeout(killing)
      hasEnded = true
      child.stdout.destroy()
      child.stderr.destroy()
      return end
    }),
    cancel() {
      // Its group may be another program's by then.
      if (killing || hasEnded) return
      signalAll('SIGTERM')
      killing = setTimeout(() => signalAll('SIGKILL'), ENDING_MS)
    }
  }
}
