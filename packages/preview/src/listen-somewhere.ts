const PORTS_TRIED = 50

/** The port that was asked for and no other; else the first free one of some; else any. */
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
