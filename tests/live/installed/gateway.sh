#!/bin/bash
# Inside the booted root: a gateway that translates addresses, two places behind it, an Internet before it.
#   eleves 10.10.0.2-6 ─┐
#                       ├─ lan0 (bridge) gateway wan0 ── 203.0.113.1 internet
#   bureau 10.30.0.2 ───┘
set -e
ip link add lan0 type bridge
ip address add 10.10.0.1/20 dev lan0
ip address add 10.30.0.1/24 dev lan0
ip link set lan0 up
place() { # name, gateway, addresses…
    ip netns add "$1"
    ip link add "$1" type veth peer name eth0 netns "$1"
    ip link set "$1" master lan0 up
    ip -n "$1" link set lo up
    ip -n "$1" link set eth0 up
    for address in "${@:3}"; do ip -n "$1" address add "$address" dev eth0; done
    ip -n "$1" route add default via "$2"
}
place eleves 10.10.0.1 10.10.0.2/20 10.10.0.3/20 10.10.0.4/20 10.10.0.5/20 10.10.0.6/20
place bureau 10.30.0.1 10.30.0.2/24
ip netns add internet
ip link add wan0 type veth peer name eth0 netns internet
ip address add 203.0.113.2/24 dev wan0
ip link set wan0 up
ip -n internet link set lo up
ip -n internet link set eth0 up
ip -n internet address add 203.0.113.1/24 dev eth0
ip route add default via 203.0.113.1
sysctl -qw net.ipv4.ip_forward=1
nft add table ip nat
nft 'add chain ip nat post { type nat hook postrouting priority 100; }'
nft add rule ip nat post oifname wan0 masquerade
# What really passes, counted by the kernel apart from everything that Jauge reads.
nft add table inet truth
nft add counter inet truth up
nft add counter inet truth down
nft 'add chain inet truth pass { type filter hook forward priority 0; }'
nft add rule inet truth pass iifname lan0 oifname wan0 counter name up
nft add rule inet truth pass iifname wan0 oifname lan0 counter name down
