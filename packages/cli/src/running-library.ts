import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { SitedriveError } from '@sitedrive/core'
import { isAlive } from '@sitedrive/core/internal'
import { LIBRARY_HOST, type LibraryAnswer, type OpenAnswer, type ResumeAnswer } from '@sitedrive/reader'
import { runningReader } from './reader-session.js'

/** What is asked of the reader in another process of this data directory. */
export interface Calls {
  'POST /api/open': OpenAnswer
  'POST /api/resume': ResumeAnswer
  'POST /api/forget': object
  'GET /api/library': LibraryAnswer
}

const TIMEOUT_MS = 60_000

/** The library that another process of this data directory runs: sites are opened there, since one process has them open. */
export class RunningLibrary {
  readonly pid: number
  /** The address of its page, with the token. */
  readonly url: string
  private readonly port: number
  private readonly token: string

  private constructor(pid: number, port: number, token: string) {
    this.pid = pid
    this.port = port
    this.token = token
    this.url = `http://${LIBRARY_HOST}:${port}/#${token}`
  }

  /** @returns null when no other process runs it: none has left a record, it has ended, or something else is at its port */
  static async find(env: NodeJS.ProcessEnv): Promise<RunningLibrary | null> {
    const record = runningReader(env)
    if (!record?.token || !isAlive(record.pid)) return null
    const library = new RunningLibrary(record.pid, Number(new URL(record.url).port), record.token)
    const found = await library.send('GET /api/library').catch(() => null)
    return found?.status === 200 ? library : null
  }

  /** @throws {SitedriveError} as that process says */
  async ask<Name extends keyof Calls>(name: Name, body: object = {}): Promise<Calls[Name]> {
    const { status, value } = await this.send(name, body)
    if (status >= 200 && status < 300) return value as Calls[Name]
    const { error } = value as { error?: { code: SitedriveError['code']; message: string } }
    throw new SitedriveError(
      error?.code ?? 'NETWORK_FAILED',
      error?.message ?? `Process ${this.pid}, which runs the library, answered ${status}.`
    )
  }

  private send(name: keyof Calls, body?: object): Promise<{ status: number; value: unknown }> {
    const [method, path] = name.split(' ')
    // The name does not resolve in Node: the connection is made by number.
    const host = `${LIBRARY_HOST}:${this.port}`
    const headers = {
      host,
      origin: `http://${host}`,
      'sitedrive-token': this.token,
      'content-type': 'application/json'
    }
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false })
      sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error('It did not answer.')))
      sent.on('error', reject)
      sent.on('response', (answer) => {
        json(answer).then((value) => resolve({ status: answer.statusCode ?? 0, value }), reject)
      })
      sent.end(method === 'POST' ? JSON.stringify(body ?? {}) : undefined)
    })
  }
}
