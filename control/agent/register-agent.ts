/**
 * `heddle agent`: a simulated vRouter agent on a real agent channel, for labs without a vRouter. Stays up, shows what the
 * control node sends, and takes further orders on standard input (control/agent/agent-words.ts).
 */
import { createInterface } from 'node:readline'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { CliError } from '../cli/cli-error.ts'
import { examples, wantsJson } from '../cli/context.ts'
import type { CliContext } from '../cli/context.ts'
import { isRefusal } from '../config/parsed.ts'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import { parseIpv4 } from '../../rib/model/ip-address.ts'
import { AgentConsole } from './agent-console.ts'
import { isUnderstood, parsePublication, parseSubscription } from './agent-words.ts'
import type { NotUnderstood, Publication, Subscription } from './agent-words.ts'

const DEFAULT_AGENT_SERVER = '127.0.0.1:5269'

interface AgentOptions {
  readonly name: string
  readonly address: string
  readonly subscribe?: readonly Subscription[]
  readonly publish?: readonly Publication[]
}

export function registerAgent(program: Command, context: CliContext): void {
  program
    .command('agent')
    .description('a simulated vRouter agent: subscribes, publishes, shows what it is sent')
    .requiredOption('--name <name>', 'its host name')
    .requiredOption('--address <address>', 'the compute node: next hop of what it publishes', computeAddress)
    .option('--subscribe <VRF:ID>', 'subscribe to a VRF; may be repeated', collect(parseSubscription))
    .option(
      '--publish <VRF,PREFIX,LABEL>',
      'publish a route, with [,lp=N][,med=N][,nh=ADDRESS][,encap=gre+udp]; may be repeated',
      collect(parsePublication),
    )
    .addHelpText(
      'after',
      `\nHere --server is the agent channel of the control node, ${DEFAULT_AGENT_SERVER} by default.`,
    )
    .addHelpText(
      'after',
      'Standard input takes: subscribe, unsubscribe, publish, retract, routes [VRF], quit.',
    )
    .addHelpText('after', 'With -j each line is a JSON document.\n')
    .addHelpText(
      'after',
      examples(
        'heddle agent --name compute-1 --address 192.0.2.21 \\',
        '    --subscribe default-domain:k8s-ns-user-1:public:public:3 \\',
        '    --publish default-domain:k8s-ns-user-1:public:public,101.101.101.252/32,38,encap=gre',
      ),
    )
    .action(async (options: AgentOptions, command: Command) => {
      // The program's --server is the API unless it was given: the channel is another port.
      const isGiven = program.getOptionValueSource('server') === 'cli'
      const server = isGiven ? String(program.getOptionValue('server')) : DEFAULT_AGENT_SERVER
      await runAgent(context, server, options, wantsJson(command))
    })
}

async function runAgent(
  context: CliContext,
  server: string,
  { name, address, subscribe, publish }: AgentOptions,
  asJson: boolean,
): Promise<void> {
  // Loaded here: no other command needs them.
  const [{ AgentClient }, { parseEndpoint }] = await Promise.all([
    import('../../xmpp/client/agent-client.ts'),
    import('../config/address.ts'),
  ])
  const endpoint = parseEndpoint(server)
  if (isRefusal(endpoint)) throw new CliError('usage', endpoint.message, endpoint.hint)
  const client = new AgentClient({ ...endpoint.value, name, address })
  const output = {
    line: (text: string): void => void context.around.stdout.write(`${text}\n`),
    remark: (text: string): void => context.output.remark(text),
    paint: context.output.paint.bind(context.output),
  }
  const console = new AgentConsole(client, output, asJson)
  await client.connect().catch((error: unknown) => {
    throw new CliError('no-connection', (error as Error).message, `Is a control node listening on ${server}?`)
  })
  context.output.remark(`${name} is connected to ${server}`)
  for (const subscription of subscribe ?? []) console.obey({ kind: 'subscribe', ...subscription })
  for (const publication of publish ?? []) console.obey({ kind: 'publish', ...publication })
  client.endOfRib()
  await untilEnd(client, console, context.output.failed)
}

/**
 * Returns on `quit` and on a signal; an end of standard input leaves the agent up; a lost session is an error, and so is
 * an output that nobody reads any more.
 */
async function untilEnd(client: AgentClient, console: AgentConsole, unread: Promise<never>): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  try {
    await new Promise<void>((resolve, reject) => {
      client.onClose((reason) => reject(new CliError('session-lost', `the session ended: ${reason}`)))
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
      console.follow(lines).then((isOver) => (isOver ? resolve() : undefined), reject)
      unread.catch(reject)
    })
  } finally {
    lines.close()
    // Nothing more will be read, and a terminal would keep the program alive.
    process.stdin.unref?.()
    client.close()
  }
}

function computeAddress(text: string): string {
  if (!parseIpv4(text)) throw new InvalidArgumentError('an IPv4 address is wanted.')
  return text
}

/** An option that may be repeated, each time read by the same words as on standard input. */
function collect<T extends object>(parse: (text: string) => T | NotUnderstood) {
  return (text: string, earlier: readonly T[] | undefined): readonly T[] => {
    const word = parse(text)
    if (!isUnderstood(word)) throw new InvalidArgumentError(word.problem)
    return [...(earlier ?? []), word]
  }
}
