import { rmSync } from 'node:fs'
import { localNetworkFile, readLocalNetwork, replaceFile, type LocalNetwork } from '@sitedrive/core/internal'

/** A local peer writes this record into the data directory, so that the other commands find its network. */
export interface LocalNetworkRecord extends LocalNetwork {
  /** The peer's key. */
  peer: string
}

/** @returns removes the record, unless another process has replaced it since */
export function writeLocalNetwork(home: string, record: LocalNetworkRecord): () => void {
  const file = localNetworkFile(home)
  replaceFile(file, `${JSON.stringify(record)}\n`)
  return () => {
    if (readLocalNetwork(home)?.pid === record.pid) rmSync(file, { force: true })
  }
}
