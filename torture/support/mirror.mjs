import { request } from 'node:http'
import { sha256 } from './site-folder.mjs'

const DEADLINE_MS = 10_000

/** @returns {Promise<{ status: number, bytes: Buffer }>} what a peer's web server answers for a file of a site */
export function fetchFrom(peerUrl, key, name) {
  const { port } = new URL(peerUrl)
  const path = `/${name.split('/').map(encodeURIComponent).join('/')}`
  return new Promise((resolve, reject) => {
    const headers = { host: `${key}.localhost:${port}` }
    const sent = request({ host: '127.0.0.1', port, path, headers, timeout: DEADLINE_MS }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode, bytes: Buffer.concat(chunks) }))
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer for ${path} in ${DEADLINE_MS / 1000} s`)))
    sent.on('error', reject)
    sent.end()
  })
}

/** @returns {Promise<Map<string, string>>} the sha256 of what is answered for each of these names, or its status */
export async function hashesFrom(peerUrl, key, names) {
  const hashes = new Map()
  for (const name of names) {
    const { status, bytes } = await fetchFrom(peerUrl, key, name)
    hashes.set(name, status === 200 ? sha256(bytes) : `status ${status}`)
  }
  return hashes
}
