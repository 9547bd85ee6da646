# Sourced by the packages' scripts. The operator's configuration is never changed; one he never touched is replaced.
product=/usr/local/taos/taosanode
default=$product/lib/taosanode.ini
previous=$product/cfg/taosanode.ini.default # the default that the last installation brought
config=/etc/taos/taosanode.ini

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
