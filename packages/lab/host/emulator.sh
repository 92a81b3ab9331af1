#!/bin/sh
# Starts QEMU with a RAM block 8 KiB smaller than asked for.
#
# QEMU before 8.2.2 loses guest writes in live migration under TCG: the fast path of the dirty-bitmap synchronisation
# forgets to reset the TCG TLB, and that path is taken only when the RAM block is a multiple of 256 KiB. libvirt rounds
# memory to whole MiB, so the size is lowered here, in -m and in the memory backend alike.
previous=
for argument do
  shift
  case $previous in
  -m)
    size=${argument#size=}
    case $size in
    *[!0-9k]* | *k?*) ;;
    *k) argument="size=$((${size%k} - 8))k" ;;
    *) argument="size=$((size * 1024 - 8))k" ;;
    esac
    ;;
  -object)
    case $argument in
    *'"qom-type":"memory-backend-ram"'*'"size":'*)
      head=${argument%%'"size":'*} rest=${argument#*'"size":'}
      bytes=${rest%%[!0-9]*}
      argument="$head\"size\":$((bytes - 8192))${rest#"$bytes"}"
      ;;
    esac
    ;;
  esac
  set -- "$@" "$argument"
  previous=$argument
done
exec /usr/bin/qemu-system-x86_64 "$@"
