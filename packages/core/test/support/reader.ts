import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Drive } from '../../src/holepunch/hyperdrive.js'
import { openFollower, type FollowedDrive } from '../../src/holepunch/follower.js'
import type { SiteStore } from '../../src/holepunch/site-store.js'
import { isReserved } from '../../src/holepunch/reserved-paths.js'
import { NO_SEEDS, type Uplink } from '../../src/session/uplink.js'
import { tempDir } from './workshop.js'

/** A peer that copies a drive from whoever connects to its port, all the time, and shows the last whole release. */
export class Reader {
  readonly port: number
  conflicts = 0
  private readonly drive: FollowedDrive
  private readonly sockets = new Set<Socket>()
  private gone = new AbortController()
  private pulling: Promise<void> = Promise.resolve()
  private shown: Record<string, string> = {}
  private whole = { version: 0, fork: 0 }

  private constructor(drive: FollowedDrive, port: number) {
    this.drive = drive
    this.port = port
    drive.onConflict(() => this.conflicts++)
    drive.onChange(() => {
      this.pulling = this.pulling.then(() => this.pull())
    })
  }

  static async open(key: string): Promise<Reader> {
    const drive = await openFollower(tempDir(), key)
    const server = createServer((socket) => reader.serve(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const reader = new Reader(drive, (server.address() as AddressInfo).port)
    onTestFinished(async () => {
      reader.disconnect()
      server.close()
      await reader.pulling
      await drive.close()
    })
    return reader
  }

  /** The files of the newest release that is whole here. */
  async files(): Promise<Record<string, string>> {
    await this.pulling
    return this.shown
  }

  /** The version of the index as it is known here, whole or not. */
  get version(): number {
    return this.drive.version
  }

  /** Calls back with each length of the index that becomes known. @returns stops it */
  watchVersions(listener: (version: number) => void): () => void {
    return this.drive.onChange(() => listener(this.drive.version))
  }

  at(version: number): Drive {
    return this.drive.at(version)
  }

  disconnect(): void {
    this.gone.abort()
    for (const socket of this.sockets) socket.destroy()
  }

  /** An uplink that copies every publish to this reader and waits until it has it. */
  uplink(over: Partial<Uplink> = {}): Uplink {
    let close = () => {}
    return {
      ...NO_SEEDS,
      hasSeeds: true,
      connect: (writer) => {
        close = this.copyFrom(writer)
      },
      confirm: async (writer) => {
        const { version, fork } = await writer.state()
        const deadline = Date.now() + 10_000
        while (this.whole.version !== version || this.whole.fork !== fork) {
          if (Date.now() > deadline || this.conflicts > 0) break
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      },
      ...over,
      close: async () => close()
    }
  }

  /** @returns ends the connection */
  copyFrom(store: SiteStore): () => void {
    const socket = connect(this.port, '127.0.0.1')
    const stream = store.replicate(true)
    socket.on('error', () => {})
    stream.on('error', () => {})
    stream.pipe(socket).pipe(stream)
    return () => void socket.destroy()
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    const here = (this.gone = new AbortController())
    const stream = this.drive.replicate(false)
    socket.on('error', () => {})
    stream.on('error', () => {})
    socket.on('close', () => {
      this.sockets.delete(socket)
      here.abort()
    })
    stream.pipe(socket).pipe(stream)
  }

  private async pull(): Promise<void> {
    const state = await this.drive.pull(this.gone.signal).catch(() => null)
    if (!state) return // the other side went away before it had sent everything
    const snapshot = this.drive.at(state.version)
    const files: Record<string, string> = {}
    for await (const { path, blob } of snapshot.entries()) {
      if (blob && !isReserved(path)) files[path.slice(1)] = (await snapshot.read(blob)).toString('latin1')
    }
    await snapshot.close()
    this.shown = files
    this.whole = state
  }
}
