import { readProject, SitedriveError, type Project } from '@sitedrive/core'
import { parseKey } from '@sitedrive/core/drive'
import { PROJECT_FILE } from '@sitedrive/core/internal'

/** What the project folder says of its site. @throws {SitedriveError} NO_PROJECT, CONFIG_INVALID */
export function requireProject(projectDir: string): Project {
  const project = readProject(projectDir, parseKey)
  if (project) return project
  throw new SitedriveError(
    'NO_PROJECT',
    `\`${projectDir}\` has no ${PROJECT_FILE}. Run this in the folder of the site's project, or name it with \`--project\`.`
  )
}
