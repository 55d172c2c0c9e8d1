import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readProject, type Project } from '@sitedrive/core'
import type { BuildPlan } from './api.js'

/** How the production build of a project is made, as far as its dev process knows. */
export interface ProductionBuild {
  /** A line for the shell. @default `buildCommand` of `sitedrive.json`, else `npm run build` where `package.json` has such a script, else `fallback` */
  command?: string | undefined
  /** The `build` script counts only when it matches: others make a part of the site alone. @default any does */
  script?: RegExp
  /** What is run where nothing else is said. @default nothing: `dir` is published as it is */
  fallback?: string
  /** What is published when a build has ended well and has not published by itself, absolute. @default nothing */
  dir?: string
}

/** Read anew each time: a script may have been edited. @throws {SitedriveError} CONFIG_INVALID */
export function buildPlan(projectDir: string, build: ProductionBuild): BuildPlan {
  const { command, script, fallback, dir } = build
  const project = projectOf(projectDir)
  return {
    command: command ?? project?.buildCommand ?? scriptOf(projectDir, script) ?? fallback ?? null,
    dir: dir === undefined ? null : path.relative(projectDir, dir) || '.'
  }
}

/** Its keys are not looked at. */
function projectOf(projectDir: string): Project | null {
  return readProject(projectDir, (key) => key)
}

function scriptOf(projectDir: string, wanted = /./): string | null {
  try {
    const manifest = JSON.parse(readFileSync(path.join(projectDir, 'package.json'), 'utf8')) as {
      scripts?: { build?: unknown }
    }
    const build = manifest.scripts?.build
    return typeof build === 'string' && wanted.test(build) ? 'npm run build' : null
  } catch {
    return null // no package.json, or one that npm would not read either
  }
}
