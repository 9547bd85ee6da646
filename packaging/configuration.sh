# Sourced by the packages' scripts.
product=/usr/local/taos/taosanode
default=$product/lib/taosanode.ini
previous=$product/cfg/taosanode.ini.default # the default that the last installation brought
config=/etc/taos/taosanode.ini

# The operator's configuration is never changed; one he never touched is replaced.
install_configuration() {
    mkdir -p /etc/taos
    if [ ! -e "$config" ] || cmp -s "$config" "$previous"; then
        cp "$default" "$config"
        chmod 644 "$config"
        rm -f "$config.new"
    elif ! cmp -s "$default" "$previous" && ! cmp -s "$config" "$default"; then
        cp "$default" "$config.new"
        chmod 644 "$config.new"
        echo "taosanode: $config is kept as it is; the new default lies beside it as $config.new"
    fi
    cp "$default" "$previous"
    mkdir -p /var/lib/taos/taosanode/model /var/lib/taos/taosanode/resource/algo /var/lib/taos/taosanode/venv
}

# The TDgpt node, which this one takes the place of, came with a script: no package manager knows its unit, which hides
# ours. It is stopped the way it wants to be, and only what is certainly its own is moved aside. Prints what makes the
# node go on as it was: start, where TDgpt's ran, else try-restart.
replace_original() {
    unit=/etc/systemd/system/taosanoded.service
    further=try-restart
    if grep -q "^ExecStart=$product/bin/start.sh" "$unit" 2> /dev/null; then
        if [ -d /run/systemd/system ] && systemctl --quiet is-active taosanoded.service; then
            further=start
            systemctl stop taosanoded.service || :
        fi
        systemctl --quiet disable taosanoded.service || :
        mv "$unit" "$unit.tdgpt"
        echo "taosanode: takes the place of the TDgpt node found here, whose unit is $unit.tdgpt now" >&2
    fi
    if [ -e /etc/taos/taosanode.config.py ]; then
        echo "taosanode: /etc/taos/taosanode.config.py is not read; the address and all else is set in $config" >&2
    fi
    echo "$further"
}
