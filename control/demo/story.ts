/**
 * The story that `heddle demo` tells, as documents: namespace ns-user-1 owns a network with public addresses whose route
 * target the gateway imports, a pool on it, and a floating IP for pod web.
 */
export const ASN = 64512
export const HEDDLE_ADDRESS = '127.0.0.1'
export const GATEWAY_ADDRESS = '127.0.0.2'
export const HEDDLE_ROUTER_ID = '192.0.2.10'
export const GATEWAY_ROUTER_ID = '192.0.2.1'
/** What the gateway's VRF `internet` imports and exports. */
export const PUBLIC_TARGET = 'target:64512:101'
export const PROJECT = 'k8s-ns-user-1'
/** The network that the floating IPs are taken from; it gives the VRF its name. */
export const PUBLIC_VRF = `default-domain:${PROJECT}:vn-ns-default:vn-ns-default`
/** The gateway's way back: it announces a default route from this RD, with this label. */
export const DEFAULT_ROUTE = { rd: `${GATEWAY_ROUTER_ID}:1`, prefix: '0.0.0.0/0', label: 299 } as const

export interface Compute {
  readonly name: string
  /** Address of its tunnels: the next hop of everything on it. */
  readonly address: string
  /** Its number for the public VRF: the low half of the RD. */
  readonly instanceId: number
  /** The label it gave the interface of pod web. */
  readonly label: number
}

export const computeOne: Compute = { name: 'compute-1', address: '192.0.2.21', instanceId: 3, label: 38 }
export const computeTwo: Compute = { name: 'compute-2', address: '192.0.2.22', instanceId: 5, label: 71 }

export interface StoryPlace {
  readonly gatewayPort: number
  readonly apiListen: string
}

/** The configuration file: what an operator would write. */
export function configurationText({ gatewayPort, apiListen }: StoryPlace): string {
  return `apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: ctl1}
spec:
  autonomousSystem: ${ASN}
  routerID: ${HEDDLE_ROUTER_ID}
  bgp: {listen: ["${HEDDLE_ADDRESS}:0"]}
  agents: {listen: ["${HEDDLE_ADDRESS}:0"]}
  api: {listen: ["${apiListen}"]}
  stateDir: ./state
---
apiVersion: heddle.dev/v1alpha1
kind: BGPPeer
metadata: {name: gw}
spec:
  address: ${GATEWAY_ADDRESS}
  port: ${gatewayPort}
  localAddress: ${HEDDLE_ADDRESS}
  autonomousSystem: ${ASN}
  families: [inet-vpn, inet6-vpn, route-target]
---
apiVersion: heddle.dev/v1alpha1
kind: VirtualNetwork
metadata: {name: vn-ns-default, namespace: ${PROJECT}}
spec:
  subnets: [{cidr: 101.101.101.0/24}]
  routeTargets: {both: ["${PUBLIC_TARGET}"]}
---
apiVersion: heddle.dev/v1alpha1
kind: VirtualNetwork
metadata: {name: vn-pods, namespace: ${PROJECT}}
spec:
  subnets: [{cidr: 10.32.0.0/16}]
---
apiVersion: heddle.dev/v1alpha1
kind: FloatingIPPool
metadata: {name: pool-ns-default, namespace: ${PROJECT}}
spec: {virtualNetwork: vn-ns-default}
---
apiVersion: heddle.dev/v1alpha1
kind: Port
metadata: {name: web, namespace: ${PROJECT}}
spec: {virtualNetwork: vn-pods, addresses: ["10.32.0.3"]}
---
apiVersion: heddle.dev/v1alpha1
kind: FloatingIP
metadata: {name: web-public, namespace: ${PROJECT}}
spec: {pool: pool-ns-default, ports: [web]}
`
}
