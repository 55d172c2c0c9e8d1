import { describe, expect, test } from 'vitest'
import { readJekyllOptions } from '../src/jekyll-options.js'

const read = (line: string) => readJekyllOptions(line.split(' ').filter(Boolean))

describe('the options of Jekyll', () => {
  test.each(['-s a', '-sa', '--source a', '--source=a', '--sou a', '--sou=a'])(
    '%s names the source',
    (line) => {
      expect(read(line)).toMatchObject({ source: 'a', words: line.split(' ') })
    }
  )

  test('are read wherever they stand, and are handed on as they are', () => {
    const line = '--drafts --config a.yml,b.yml -d out --limit_posts 3 -b /x --plugins p,q --trace'
    expect(read(line)).toMatchObject({
      source: null,
      config: ['a.yml', 'b.yml'],
      destination: 'out',
      baseurl: '/x',
      plugins: ['p', 'q'],
      isSafe: false,
      words: line.split(' ')
    })
  })

  test('a value that looks like an option is one all the same', () => {
    expect(read('--layouts -s -d x')).toMatchObject({ source: null, destination: 'x' })
    expect(read('-b --safe')).toMatchObject({ baseurl: '--safe', isSafe: false })
  })

  test('the last one counts', () => {
    expect(read('-d one --destination two')).toMatchObject({ destination: 'two' })
  })

  test('those of `jekyll serve` alone are left out', () => {
    expect(read('-l --livereload-port 35729 --open-url --drafts')).toMatchObject({
      isLiveReload: true,
      words: ['--drafts']
    })
  })

  test('a value that is missing is said', () => {
    expect(() => read('--drafts --config')).toThrow("Jekyll's option `--config` needs a value")
  })
})
