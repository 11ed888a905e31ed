/**
 * Completion scripts for bash, zsh and fish, written from the command tree. Names of peers, VRFs and tables come from the
 * daemon when it answers: the scripts call the hidden `heddle __complete KIND`.
 *
 * All three work alike: follow the words typed so far to a command, then offer what may stand next.
 */
import type { CommandNode, ValueCompletion } from './completion-tree.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell, nodes: readonly CommandNode[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(nodes)
    case 'zsh':
      return zshScript(nodes)
    case 'fish':
      return fishScript(nodes)
  }
}

function bashScript(nodes: readonly CommandNode[]): string {
  return `# bash completion for heddle: source <(heddle completion bash)
_heddle() {
  local line=\${COMP_LINE:0:COMP_POINT} cur where=heddle word offer= files=
  local -a typed
  read -ra typed <<< "$line"
  cur=\${line##*[[:space:]]}
  [[ -n $cur ]] && unset 'typed[-1]'
  for word in "\${typed[@]:1}"; do
    case "$where $word" in
      ${commandSteps(nodes, (path) => `where='${path}'`)}
    esac
  done
  case "$where:\${typed[-1]}" in
    ${valueCases(nodes, bashOffer)}
    *)
      case "$where" in
        ${nodes.map((node) => `'${node.path}') ${bashOffer(node.argument, staticWords(node))} ;;`).join('\n        ')}
      esac ;;
  esac
  if [[ -n $files ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  [[ $cur != -* ]] && offer=$(printf '%s\\n' $offer | grep -v '^-')
  COMPREPLY=($(compgen -W "$offer" -- "$cur"))
  # readline takes a colon for the end of a word, and VRF names have them: leave out what stands before the last one.
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${cur%"\${cur##*:}"}"}")
}
complete -F _heddle heddle
`
}

function bashOffer(value: ValueCompletion, words: readonly string[] = []): string {
  if (value.kind === 'files') return words.length === 0 ? 'files=1' : `offer='${words.join(' ')}'`
  const fixed = [...words, ...value.words].join(' ')
  return value.kind ? `offer="${fixed} $(heddle __complete ${value.kind} 2>/dev/null)"` : `offer='${fixed}'`
}

function zshScript(nodes: readonly CommandNode[]): string {
  return `#compdef heddle
# zsh completion for heddle: source <(heddle completion zsh), or save as _heddle in a folder of $fpath
_heddle() {
  local where=heddle word
  local -a offer
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$where $word" in
      ${commandSteps(nodes, (path) => `where='${path}'`)}
    esac
  done
  case "$where:\${words[CURRENT-1]}" in
    ${valueCases(nodes, zshOffer)}
    *)
      case "$where" in
        ${nodes.map((node) => `'${node.path}') ${zshOffer(node.argument, staticWords(node))} ;;`).join('\n        ')}
      esac ;;
  esac
  [[ $PREFIX != -* ]] && offer=("\${(@)offer:#-*}")
  compadd -a offer
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _heddle "$@"; else compdef _heddle heddle; fi
`
}

function zshOffer(value: ValueCompletion, words: readonly string[] = []): string {
  if (value.kind === 'files') return words.length === 0 ? '_files; return' : `offer=(${words.join(' ')})`
  const fixed = [...words, ...value.words].join(' ')
  return value.kind
    ? `offer=(${fixed} \${(f)"$(heddle __complete ${value.kind} 2>/dev/null)"})`
    : `offer=(${fixed})`
}

function fishScript(nodes: readonly CommandNode[]): string {
  const lines = nodes.flatMap((node) => {
    const here = `complete -c heddle -n '__heddle_at "${node.path}"'`
    return [
      ...node.commands.map(({ word, help }) => `${here} -f -a ${word} -d ${fishQuoted(help)}`),
      ...node.options.map(({ spellings, value, help }) => {
        const names = spellings.map(fishOption).join(' ')
        return `${here} ${names}${value ? ` -r${fishValue(value)}` : ''} -d ${fishQuoted(help)}`
      }),
      `${here}${fishValue(node.argument)}`,
    ]
  })
  return `# fish completion for heddle: heddle completion fish | source
function __heddle_at
  set -l where heddle
  for word in (commandline -opc)[2..-1]
    switch "$where $word"
      ${nodes
        .slice(1)
        .map(({ path }) => `case '${path}'\n        set where '${path}'`)
        .join('\n      ')}
    end
  end
  test "$where" = "$argv[1]"
end
${lines.join('\n')}
`
}

function fishOption(word: string): string {
  return word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`
}

function fishValue(value: ValueCompletion): string {
  if (value.kind === 'files') return ' -F'
  if (value.kind) return ` -f -a '(heddle __complete ${value.kind} 2>/dev/null)'`
  return value.words.length > 0 ? ` -f -a ${fishQuoted(value.words.join(' '))}` : ' -f'
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** `heddle show) where='heddle show' ;;` for each command below the program. */
function commandSteps(nodes: readonly CommandNode[], step: (path: string) => string): string {
  return nodes
    .slice(1)
    .map(({ path }) => `'${path}') ${step(path)} ;;`)
    .join('\n      ')
}

/** What follows an option that takes a value, for each command and spelling. */
function valueCases(nodes: readonly CommandNode[], offer: (value: ValueCompletion) => string): string {
  return nodes
    .flatMap((node) =>
      node.options.flatMap(({ spellings, value }) => {
        if (!value) return []
        const patterns = spellings.map((spelling) => `'${node.path}:${spelling}'`).join('|')
        return [`${patterns}) ${offer(value)} ;;`]
      }),
    )
    .join('\n    ')
}

function staticWords(node: CommandNode): string[] {
  return [...node.commands, ...node.options].map(({ word }) => word)
}
