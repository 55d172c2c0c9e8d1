import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { localNetworkFile } from '@sitedrive/core'

/** What a local peer leaves in the data directory, so that the other commands find its network by themselves. */
export interface LocalNetworkNote {
  /** DHT nodes, `host:port`. */
  bootstrap: string
  /** The process that runs them. */
  pid: number
  /** The peer's key. */
  peer: string
}

/** @returns null when there is no local network, or its process is gone */
export function readLocalNetwork(home: string): LocalNetworkNote | null {
  try {
    const note = JSON.parse(readFileSync(localNetworkFile(home), 'utf8')) as LocalNetworkNote
    return typeof note.bootstrap === 'string' && isAlive(note.pid) ? note : null
  } catch {
    return null // none, or one that was cut short: as if there were none
  }
}

/** @returns takes the note away again, unless somebody else has put one there since */
export function writeLocalNetwork(home: string, note: LocalNetworkNote): () => void {
  const file = localNetworkFile(home)
  const temporary = `${file}.${note.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify(note)}\n`, { mode: 0o600 })
  renameSync(temporary, file)
  return () => {
    if (readLocalNetwork(home)?.pid === note.pid) rmSync(file, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
