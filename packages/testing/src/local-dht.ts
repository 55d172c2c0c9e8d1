import { openLocalDht, type Address } from '@sitedrive/core/drive'
import { onTestFinished } from 'vitest'

/** A DHT of this machine's own, closed when the running test ends. */
export async function localDht(): Promise<{ bootstrap: Address[]; variable: string }> {
  const dht = await openLocalDht()
  onTestFinished(() => dht.close())
  /** For `SITEDRIVE_BOOTSTRAP`. */
  const variable = dht.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
  return { bootstrap: dht.bootstrap, variable }
}
