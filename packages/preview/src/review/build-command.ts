import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readProject, type Project } from '@sitedrive/core'
import { printable, writtenText } from '@sitedrive/core/internal'
import type { BuildPlan } from './api.js'

/** How the production build of a project is run, as its dev process knows it. */
export interface ProductionBuild {
  /** A shell command. @default `buildCommand` of `sitedrive.json`, else `npm run build` where `package.json` has such a script, else `fallback` */
  command?: string | undefined
  /** The `build` script is used only when it matches this regular expression: other scripts build a part of the site only. @default any script */
  script?: string | undefined
  /** The command when nothing else names one. @default none: `dir` is published as it is */
  fallback?: string
  /** The folder that is published after a successful build that has not published itself, absolute. @default none */
  dir?: string
}

/** Reads the files each time, since a script may have been edited. @throws {SitedriveError} CONFIG_INVALID */
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

/** The keys in the project file are not checked here. */
function projectOf(projectDir: string): Project | null {
  return readProject(projectDir, (key) => key)
}

/** The `build` script, with what npm runs before and after it. */
function scriptOf(projectDir: string, wanted = '.'): string[] | null {
  try {
    const manifest = JSON.parse(writtenText(readFileSync(path.join(projectDir, 'package.json'))).text) as {
      scripts?: Record<string, unknown>
    }
    const { prebuild, build, postbuild } = manifest.scripts ?? {}
    if (typeof build !== 'string' || !new RegExp(wanted).test(build)) return null
    return [prebuild, build, postbuild].filter((step) => typeof step === 'string' && step !== '') as string[]
  } catch {
    return null // no package.json, or one that npm could not read either
  }
}

/** Control characters become visible: the person must see exactly what is run. */
function printableLines(steps: readonly string[]): string {
  return steps.map(printable).join('\n')
}
