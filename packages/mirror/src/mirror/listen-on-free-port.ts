const PORTS_TRIED = 50

export interface WantedPort {
  /** When it is given, no other port is tried. */
  port?: number | undefined
  /** The first port to try when `port` is not given. The next 49 ports are near it. */
  firstPort: number
  /** Tried first when it is `firstPort` or near it. */
  lastPort?: number | null
}

/** Listens on `port` when it is given; else on `lastPort`; else on the first free port from `firstPort` on; else on any free port. */
export async function listenOnFreePort<T>(
  { port, firstPort, lastPort }: WantedPort,
  listenAt: (port: number) => Promise<T>
): Promise<T> {
  if (port !== undefined) return listenAt(port)
  const near = Array.from({ length: PORTS_TRIED }, (_, n) => firstPort + n)
  if (lastPort && near.includes(lastPort)) near.unshift(lastPort)
  for (const next of near) {
    try {
      return await listenAt(next)
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } }
      if (cause?.code !== 'EADDRINUSE' && cause?.code !== 'EACCES') throw error
    }
  }
  return listenAt(0)
}
