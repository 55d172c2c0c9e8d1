// Fetches a page until it has a text in it.   node fetch-page.mjs <url> <text> <milliseconds>
// Ends with 0 when it has, with 1 when it has not in that time.
import { until } from '../support/wait.mjs'

const [url, text, timeoutMs] = process.argv.slice(2)
const hasText = async () => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
  return answer?.ok === true && (await answer.text()).includes(text)
}
await until(`${text} is in ${url}`, hasText, Number(timeoutMs))
