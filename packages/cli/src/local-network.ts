import { rmSync } from 'node:fs'
import { localNetworkFile, readLocalNetwork, replaceFile, type LocalNetwork } from '@sitedrive/core'

/** What a local peer leaves in the data directory, so that the other commands find its network by themselves. */
export interface LocalNetworkNote extends LocalNetwork {
  /** The peer's key. */
  peer: string
}

/** @returns takes the note away again, unless somebody else has put one there since */
export function writeLocalNetwork(home: string, note: LocalNetworkNote): () => void {
  const file = localNetworkFile(home)
  replaceFile(file, `${JSON.stringify(note)}\n`)
  return () => {
    if (readLocalNetwork(home)?.pid === note.pid) rmSync(file, { force: true })
  }
}
