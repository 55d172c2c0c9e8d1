const PORTS_TRIED = 50

/** Listens on `port` when it is given; else on the first free port from `firstPort` on; else on any free port. */
export async function listenSomewhere<T>(
  { port, firstPort }: { port?: number | undefined; firstPort: number },
  listenAt: (port: number) => Promise<T>
): Promise<T> {
  if (port !== undefined) return listenAt(port)
  for (let next = firstPort; next < firstPort + PORTS_TRIED; next++) {
    try {
      return await listenAt(next)
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } }
      if (cause?.code !== 'EADDRINUSE' && cause?.code !== 'EACCES') throw error
    }
  }
  return listenAt(0)
}
