import path from 'node:path'
import type { Walk } from '../folder/walk.js'
import type { Notes } from '../outcome/outcome.js'
import { seedsWanted, type Project } from '../project/project-file.js'
import type { SiteSession } from '../session/site-session.js'
import { findStale, type BuildFacts } from './refuse-stale.js'

/** A folder that was published. */
export interface PublishedFolder {
  /** The folder of `sitedrive.json`, absolute. */
  projectDir: string
  found: Walk
  facts: BuildFacts
}

/**
 * Collects what a person should know about a publish besides the numbers.
 *
 * @param session null: the publish ended before a session was opened
 * @param folder null: no folder was published, as in a rollback
 */
export function notesOf(
  project: Project,
  session: SiteSession | null,
  folder: PublishedFolder | null
): Notes {
  return {
    newKeyIn: null,
    isUnseeded: project.seeds.length === 0,
    unconfirmed: session?.unconfirmed(seedsWanted(project)) ?? null,
    seedRemarks: session?.remarks ?? [],
    overtaken: session?.overtaken ?? null,
    undoesRollbackTo: null,
    leftOut: folder?.found.leftOut ?? [],
    stale: folder ? findStale(folder.found, folder.facts) : [],
    dir: folder && (path.relative(folder.projectDir, folder.found.dir) || '.'),
    findings: [],
    checksProblem: null
  }
}

/** Milliseconds since a time of `performance.now()`, as a whole number. */
export function millisecondsSince(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
