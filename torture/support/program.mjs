import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('bin/sitedrive.js', import.meta.resolve('sitedrive/package.json')))
/** Longer than any step of a process may take. Milliseconds. */
const DEADLINE_MS = 120_000

/** Those that run. None is left behind when this process ends. */
const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/** One process of the `sitedrive` program. */
export class Program {
  stdout = ''
  stderr = ''
  /** Resolves to how it ended: the exit code, or the signal's name. */
  ended

  /**
   * @param {string[]} words
   * @param {{ cwd: string, env: Record<string, string>, stdin?: string, entrance?: string[] }} options `entrance`: the words
   *   before the program's own, by which it gets to another host
   */
  constructor(words, { cwd, env, stdin = '', entrance = [] }) {
    const [command, ...rest] = [...entrance, process.execPath, MAIN, '--json', ...words]
    this.child = spawn(command, rest, { cwd, env })
    running.add(this.child)
    this.child.once('close', () => running.delete(this.child))
    this.child.stdin.on('error', () => {}) // it may be killed before it reads
    this.child.stdin.end(stdin)
    this.child.stdout.on('data', (chunk) => (this.stdout += chunk))
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk))
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill('SIGKILL')
        reject(
          new Error(`\`sitedrive ${words.join(' ')}\` did not end in ${DEADLINE_MS / 1000} s: ${this.stderr}`)
        )
      }, DEADLINE_MS)
      this.child.on('error', reject)
      this.child.on('close', (code, signal) => {
        clearTimeout(timer)
        resolve(code ?? signal)
      })
      this.stopsDeadline = () => clearTimeout(timer)
    })
    this.ended.catch(() => {}) // whoever waits for it is told
  }

  get isRunning() {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  kill(signal) {
    this.child.kill(signal)
  }

  /** The last JSON object on stdout, or null. */
  get answer() {
    const lines = this.stdout.split('\n').filter(Boolean)
    try {
      return JSON.parse(lines.at(-1) ?? 'null')
    } catch {
      return null
    }
  }
}
