import path from 'node:path'
import { temporaryFolder, writeFiles } from '@sitedrive/testing'
import { describe, expect, test } from 'vitest'
import { buildPlan } from '../../src/review/build-command.js'
import { buildEnvironment } from '../../src/review/build-environment.js'

function project(files: Record<string, string>): string {
  const dir = temporaryFolder()
  writeFiles(dir, files)
  return dir
}

const SCRIPT = '{ "scripts": { "build": "eleventy" } }'

describe('the build command', () => {
  test('is the option, else that of sitedrive.json, else the `build` script, else the dev process’s own', () => {
    const settings = JSON.stringify({ key: 'k', buildCommand: 'make site' })
    const all = project({ 'package.json': SCRIPT, 'sitedrive.json': settings })
    expect(buildPlan(all, { command: 'x', fallback: 'y' }).command).toBe('x')
    expect(buildPlan(all, { fallback: 'y' }).command).toBe('make site')
    expect(buildPlan(project({ 'package.json': SCRIPT }), { fallback: 'y' }).command).toBe('npm run build')
    for (const files of [{}, { 'package.json': '{}' }, { 'package.json': '{' }] as Record<string, string>[])
      expect(buildPlan(project(files), { fallback: 'y' }).command).toBe('y')
  })

  test('is no script that makes a part of the site alone', () => {
    const dir = project({ 'package.json': SCRIPT })
    expect(buildPlan(dir, { script: 'jekyll', fallback: 'y' }).command).toBe('y')
  })

  test('says what the script is, with what npm runs before and after it, and hides nothing', () => {
    const scripts = { prebuild: 'tsc', build: 'eleventy\u202e', postbuild: 'sitedrive publish' }
    const plan = buildPlan(project({ 'package.json': JSON.stringify({ scripts }) }), {})
    expect(plan).toMatchObject({ command: 'npm run build', script: 'tsc\neleventy\ufffd\nsitedrive publish' })
    const unseen = JSON.stringify({ key: 'k', buildCommand: 'make \u202esite' })
    expect(() => buildPlan(project({ 'sitedrive.json': unseen }), {})).toThrow(/cannot be seen/)
  })

  test('is none where a folder is published as it is', () => {
    const dir = project({})
    expect(buildPlan(dir, { dir: path.join(dir, 'public') })).toEqual({
      command: null,
      script: null,
      dir: 'public'
    })
  })
})

test('a production build has the environment of a person, and not of a dev server', () => {
  expect(
    buildEnvironment(
      {
        PATH: '/bin',
        NODE_ENV: 'development',
        VITE_USER_NODE_ENV: 'development',
        FORCE_COLOR: '1',
        npm_lifecycle_event: 'dev',
        ELEVENTY_ENV: 'x'
      },
      { MORE: '1' }
    )
  ).toEqual({ PATH: '/bin', NO_COLOR: '1', MORE: '1' })
  expect(buildEnvironment({ NODE_ENV: 'staging' }, {})).toMatchObject({ NODE_ENV: 'staging' })
})
