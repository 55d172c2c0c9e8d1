import { codeOf, messageOf, SitedriveError } from '../error.js'

/** Converts an error of the storage libraries to a `SitedriveError`. A `SitedriveError` passes unchanged. */
export function storeError(error: unknown, storeDir: string): SitedriveError {
  if (error instanceof SitedriveError) return error
  const message = messageOf(error)
  if (codeOf(error) === 'DEVICE_FILE') {
    return new SitedriveError(
      'STORE_COPIED',
      `The store \`${storeDir}\` was copied here from another machine or place (${message}). Two copies that both ` +
        'publish would destroy the site. Move this copy away, and restore the key here with `npx sitedrive key restore`.',
      {
        cause: error,
        remedy: {
          action: 'accept loss',
          sentence: 'Or, if the original is never used again, publish once with {}.'
        }
      }
    )
  }
  if (/could not be locked/i.test(message)) {
    return new SitedriveError(
      'STORE_LOCKED',
      `The store \`${storeDir}\` is open in another process. Close the program that reads or writes it, then try again.`,
      { cause: error }
    )
  }
  if (isDiskFull(error)) {
    return new SitedriveError(
      'DISK_FULL',
      `The disk that holds \`${storeDir}\` is full. Nothing was published and nothing is lost: free some space, then try again.`,
      { cause: error }
    )
  }
  return new SitedriveError('STORE_FAILED', `The store \`${storeDir}\` failed: ${message}`, { cause: error })
}

// RocksDB reports `Batch was not applied`; the reason is in the chain of causes.
function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (codeOf(at) === 'ENOSPC' || /no space left/i.test(at.message)) return true
  }
  return false
}
