import { expect, test } from 'vitest'
import { readJekyllOptions } from '../src/jekyll-options.js'
import { ownBuildCommand } from '../src/bridge-build-command.js'

test('what publishes what `serve` shows is this very bridge, without drafts and what is for speed', () => {
  const options = readJekyllOptions([
    '--drafts',
    '-I',
    '--limit_posts',
    '5',
    '--config',
    '_config.yml',
    '--future',
    '-w',
    '-s',
    'src'
  ])
  const line = ownBuildCommand({ jekyll: 'bin/jekyll' }, options)
  expect(line).toMatch(
    /^\S*node\S* \S+\/bin\/jekyll-bridge\.js build --jekyll bin\/jekyll -- --config _config\.yml -s src$/
  )
})
