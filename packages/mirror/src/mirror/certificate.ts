import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { SitedriveError } from '@sitedrive/core'

export interface CertificateFiles {
  /** PEM, with the chain. */
  certFile: string
  /** PEM, without a passphrase. */
  keyFile: string
}

export interface Certificate {
  cert: Buffer
  key: Buffer
}

export interface WatchOptions {
  /** How often the files are checked for changes. Milliseconds. @default 5000 */
  everyMs?: number
  /** Called with each new pair. */
  onChange: (certificate: Certificate) => void
  /** Called once for each new pair that cannot be used; the pair before stays in use. */
  onProblem: (problem: Error) => void
}

/** @throws {SitedriveError} BAD_OPTION when there is no certificate with its key in these files */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    createSecureContext({ cert, key }) // throws when they do not belong together
    return { cert, key }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new SitedriveError(
      'BAD_OPTION',
      `The certificate \`${certFile}\` with the key \`${keyFile}\` cannot be used: ${why}. Both must be PEM files, and belong together.`,
      { cause }
    )
  }
}

/**
 * Checks the files for changes; the timer does not keep the process alive. Watchers would miss changes in mounted folders
 * and behind the symbolic links of certbot and Kubernetes.
 *
 * @returns stops it
 */
export function watchCertificate(files: CertificateFiles, options: WatchOptions): () => void {
  const { everyMs = 5_000, onChange, onProblem } = options
  let seen: string | null = null
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  const check = async () => {
    const now = await timesOf(files)
    if (now === seen || isStopped) return
    // The first check has nothing to compare with, so it loads the files again: they may have changed since the start.
    seen = now
    const found = await readCertificate(files).catch((error: Error) => error)
    if (isStopped) return
    if (found instanceof Error) onProblem(found)
    else onChange(found)
  }
  const next = () => {
    timer = setTimeout(() => void check().finally(() => !isStopped && next()), everyMs).unref()
  }
  next()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}

async function timesOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const each = [certFile, keyFile].map(async (file) => {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  })
  return (await Promise.allSettled(each))
    .map((found) => (found.status === 'fulfilled' ? found.value : 'missing'))
    .join(', ')
}
