# Sourced by the packages' scripts.
product=/usr/local/taos/taosanode
default=$product/lib/taosanode.ini
previous=$product/cfg/taosanode.ini.default # the default that the last installation brought
config=/etc/taos/taosanode.ini
theirs=/etc/taos/taosanode.config.py # of a TDgpt node, from 3.4.1 on

# The operator's configuration is never changed; one he never touched is replaced.
install_configuration() {
    mkdir -p /etc/taos
    take_over
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
    mkdir -p /var/lib/taos/taosanode/model /var/lib/taos/taosanode/resource/algo /var/lib/taos/taosanode/resource/site \
        /var/lib/taos/taosanode/venv
}

# At the first installation, what a TDgpt node's configuration says goes into ours; into a file beside it where there is one
# already. The program reads theirs as data, and changes nothing of it.
take_over() {
    if [ -e "$previous" ] || [ ! -e "$theirs" ]; then
        return 0
    fi
    written=$config
    if [ -e "$config" ]; then
        written=$config.tdgpt
        rm -f "$written"
    fi
    if ! "$product/lib/taosanode" check --convert "$theirs" --output "$written"; then
        echo "taosanode: $theirs is not taken over, see above; set the address and all else in $config" >&2
    elif [ "$written" = "$config" ]; then
        chmod 644 "$config"
        echo "taosanode: $theirs is taken over into $config, and not read any more"
    else
        chmod 644 "$written"
        echo "taosanode: $config is kept as it is; what $theirs would make of it lies beside it as $written" >&2
    fi
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
    echo "$further"
}
