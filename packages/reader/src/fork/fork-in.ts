import { readProject, SitedriveError, type ForkOrigin, type Project } from '@sitedrive/core'
import { parseKey } from '@sitedrive/core/drive'
import { PROJECT_FILE } from '@sitedrive/core/internal'

/** What `sitedrive.json` says of a fork. @throws {SitedriveError} NOT_A_FORK, CONFIG_INVALID */
export function forkIn(dir: string): { project: Project; origin: ForkOrigin } {
  const project = readProject(dir, parseKey)
  if (!project?.fork)
    throw new SitedriveError(
      'NOT_A_FORK',
      `\`${dir}\` is no fork: ${project ? `its ${PROJECT_FILE} has no \`fork\`` : `it has no ${PROJECT_FILE}`}. \`npx sitedrive fork <link> <dir>\` makes one.`
    )
  return { project, origin: project.fork }
}
