/**
 * Methods that tell of the chain, the mempool and the network, or work something out from what they are given: what
 * whoever may only look may call. None changes the node, knows its wallets or keys, waits, or searches all coins.
 */
export const READ_METHODS: ReadonlySet<string> = new Set(
  `analyzepsbt combinepsbt converttopsbt createmultisig createpsbt createrawtransaction decodepsbt
  decoderawtransaction decodescript deriveaddresses estimatesmartfee getaddressbalance getaddresshistory
  getaddressutxos getbestblockhash getblock getblockchaininfo getblockcount getblockfilter getblockhash
  getblockheader getblockstats getchainstates getchaintips getchaintxstats getconnectioncount
  getdeploymentinfo getdescriptorinfo getdifficulty getindexinfo getmempoolancestors getmempoolcluster
  getmempooldescendants getmempoolentry getmempoolfeeratediagram getmempoolinfo getmininginfo getnettotals
  getnetworkhashps getnetworkinfo getopenrpcinfo getpeerinfo getrawmempool getrawtransaction gettxout
  gettxoutproof gettxoutsetinfo gettxspendingprevout help joinpsbts subscribe testmempoolaccept traceblock
  tracescript unsubscribe uptime validateaddress verifymessage verifytxoutproof`.split(/\s+/),
);
