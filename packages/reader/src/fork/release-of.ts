import { SitedriveError } from '@sitedrive/core'
import { latestRelease, type Drive, type Release } from '@sitedrive/core/drive'

/** The release that a drive is at; null: another program than sitedrive wrote it. */
export async function releaseOf(drive: Drive): Promise<Release | null> {
  try {
    return await latestRelease(drive)
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'RELEASE_CHAIN_INVALID') return null
    throw error
  }
}
