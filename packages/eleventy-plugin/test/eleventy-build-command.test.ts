import { expect, test } from 'vitest'
import { ownBuildCommand } from '../src/eleventy-build-command.js'

test('a dev run’s own words make its build, without those of dev runs', () => {
  expect(ownBuildCommand(['--serve'])).toBe('npx @11ty/eleventy')
  expect(
    ownBuildCommand([
      '--serve',
      '--port=8081',
      '--incremental',
      '--input=src',
      '--config',
      'my config.js',
      '--port',
      '80',
      '--quiet'
    ])
  ).toBe(
    `npx @11ty/eleventy --input=src --config ${process.platform === 'win32' ? '"my config.js"' : "'my config.js'"}`
  )
})
