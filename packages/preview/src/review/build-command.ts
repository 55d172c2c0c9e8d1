import { readFileSync } from 'node:fs'
import path from 'node:path'
import { printable, readProject, type Project } from '@sitedrive/core'
import type { BuildPlan } from './api.js'

/** How the production build of a project is made, as far as its dev process knows. */
export interface ProductionBuild {
  /** A line for the shell. @default `buildCommand` of `sitedrive.json`, else `npm run build` where `package.json` has such a script, else `fallback` */
  command?: string | undefined
  /** The `build` script counts only when it matches this regular expression: others make a part of the site alone. @default any does */
  script?: string | undefined
  /** What is run where nothing else is said. @default nothing: `dir` is published as it is */
  fallback?: string
  /** What is published when a build has ended well and has not published by itself, absolute. @default nothing */
  dir?: string
}

/** Read anew each time: a script may have been edited. @throws {SitedriveError} CONFIG_INVALID */
export function buildPlan(projectDir: string, build: ProductionBuild): BuildPlan {
  const { command, script, fallback, dir } = build
  const given = command ?? projectOf(projectDir)?.buildCommand
  const steps = given === undefined ? scriptOf(projectDir, script) : null
  return {
    command: given ?? (steps === null ? fallback : 'npm run build') ?? null,
    script: steps && printableLines(steps),
    dir: dir === undefined ? null : path.relative(projectDir, dir) || '.'
  }
}

/** Its keys are not looked at. */
function projectOf(projectDir: string): Project | null {
  return readProject(projectDir, (key) => key)
}

/** The `build` script, with what npm runs before and after it. */
function scriptOf(projectDir: string, wanted = '.'): string[] | null {
  try {
    const manifest = JSON.parse(readFileSync(path.join(projectDir, 'package.json'), 'utf8')) as {
      scripts?: Record<string, unknown>
    }
    const { prebuild, build, postbuild } = manifest.scripts ?? {}
    if (typeof build !== 'string' || !new RegExp(wanted).test(build)) return null
    return [prebuild, build, postbuild].filter((step) => typeof step === 'string' && step !== '') as string[]
  } catch {
    return null // no package.json, or one that npm would not read either
  }
}

/** Nothing in them is left unseen: what is shown is what is asked about. */
function printableLines(steps: readonly string[]): string {
  return steps.map(printable).join('\n')
}
