import { useState } from 'preact/hooks'

/** An address to be copied. Browsers open only those of the web. */
export function CopyLink({ url, isWeb = false }: { url: string; isWeb?: boolean }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(url)
      setCopied(true)
      setTimeout(() => setCopied(false), 2_000)
    } catch {
      // Not allowed: the address can be marked by hand.
    }
  }
  return (
    <span class="copy">
      {isWeb && /^https?:/.test(url) ? (
        <a href={url} target="_blank" rel="noreferrer">
          {url}
        </a>
      ) : (
        <code>{url}</code>
      )}
      <button type="button" class="link" onClick={() => void copy()}>
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
        <span class="hidden"> {url}</span>
      </button>
    </span>
  )
}
