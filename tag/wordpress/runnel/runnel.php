<?php
/**
 * Plugin Name: Runnel
 * Description: Puts the universal tag of a Runnel tracker on every page and reports WooCommerce orders as conversions.
 * Version: 0.1.0
 * Requires at least: 6.3
 * Requires PHP: 7.4
 * License: MIT OR Apache-2.0 (both compatible with the GPL of WordPress)
 *
 * Settings → Runnel → enqueued script and, on the page after an order, one conversion with the order's
 * number as its transaction and its total as its revenue. Nothing is sent by the server.
 */

defined( 'ABSPATH' ) || exit;

/** Queues calls until the script is there. */
const RUNNEL_STUB = 'window.flux=window.flux||{q:[]};["track","ready","get","consent"].forEach(function(m){flux[m]=flux[m]||function(){flux.q.push([m].concat([].slice.call(arguments)));return{}}})';

/** Settings as they are after a fresh installation: nothing is loaded. */
const RUNNEL_DEFAULTS = array(
	'domain'  => '',
	'f'       => '',
	'ts'      => '',
	'consent' => false,
	'orders'  => true,
);

/** @return array The settings, complete. */
function runnel_settings() {
	$stored = get_option( 'runnel', array() );
	return array_merge( RUNNEL_DEFAULTS, is_array( $stored ) ? $stored : array() );
}

/**
 * What people type → what is stored. Whatever is no host or no ID becomes empty.
 *
 * @param mixed $input The form.
 * @return array The settings.
 */
function runnel_sanitize( $input ) {
	$input  = is_array( $input ) ? $input : array();
	$typed  = sanitize_text_field( $input['domain'] ?? '' );
	$domain = strtolower( trim( preg_replace( '~^https?://~i', '', $typed ), '/' ) );
	$id     = static function ( $name ) use ( $input ) {
		$text = sanitize_text_field( $input[ $name ] ?? '' );
		return preg_match( '/^[0-9A-Za-z]{12}$/', $text ) ? $text : '';
	};
	return array(
		'domain'  => preg_match( '/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$/', $domain ) ? $domain : '',
		'f'       => $id( 'f' ),
		'ts'      => $id( 'ts' ),
		'consent' => ! empty( $input['consent'] ),
		'orders'  => ! empty( $input['orders'] ),
	);
}

/** Loads the tag on every page of the site. */
function runnel_enqueue() {
	$settings = runnel_settings();
	if ( '' === $settings['domain'] ) {
		return;
	}
	$address = 'https://' . $settings['domain'] . '/js/flux.js';
	// No version: the tracker says itself how long the script may be kept.
	wp_enqueue_script( 'runnel', $address, array(), null, array( 'strategy' => 'async' ) );
	wp_add_inline_script( 'runnel', RUNNEL_STUB, 'before' );
}

/**
 * Adds the attributes that say where a page is. Themes and plug-ins change them per page with the filter
 * `runnel_attributes`.
 *
 * @param string $tag    The script element.
 * @param string $handle Whose it is.
 * @return string The element.
 */
function runnel_script_tag( $tag, $handle ) {
	if ( 'runnel' !== $handle ) {
		return $tag;
	}
	$settings   = runnel_settings();
	$attributes = array(
		'data-f'       => $settings['f'],
		'data-ts'      => $settings['ts'],
		'data-consent' => $settings['consent'] ? 'required' : '',
	);
	$text       = '';
	foreach ( apply_filters( 'runnel_attributes', $attributes ) as $name => $value ) {
		if ( '' !== (string) $value && preg_match( '/^data-[a-z]+$/', $name ) ) {
			$text .= ' ' . $name . '="' . esc_attr( $value ) . '"';
		}
	}
	return str_replace( ' src=', $text . ' src=', $tag );
}

/**
 * Reports an order on the page that thanks for it. Seen again it changes nothing: the order's number is
 * the conversion's transaction.
 *
 * @param int $order_id The order.
 */
function runnel_order( $order_id ) {
	$settings = runnel_settings();
	$order    = wc_get_order( $order_id );
	if ( '' === $settings['domain'] || ! $settings['orders'] || ! $order ) {
		return;
	}
	if ( $order->has_status( array( 'failed', 'cancelled', 'refunded' ) ) ) {
		return;
	}
	$sale = array(
		'tx'       => (string) $order->get_id(),
		'rev'      => (string) $order->get_total(),
		'currency' => (string) $order->get_currency(),
	);
	// Hexadecimal forms, so that no value can end the script.
	$json = wp_json_encode( $sale, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT );
	wp_print_inline_script_tag( RUNNEL_STUB . ';flux.track("conversion",' . $json . ')' );
}

/** Registers the settings and their fields. */
function runnel_admin_init() {
	register_setting( 'runnel', 'runnel', array( 'sanitize_callback' => 'runnel_sanitize' ) );
	add_settings_section( 'runnel', '', '__return_null', 'runnel' );
	$fields = array(
		'domain'  => 'Tracking domain',
		'f'       => 'Funnel ID (optional)',
		'ts'      => 'Traffic source ID (optional)',
		'consent' => 'Wait for consent',
		'orders'  => 'Report WooCommerce orders',
	);
	foreach ( $fields as $name => $title ) {
		add_settings_field( 'runnel_' . $name, esc_html( $title ), 'runnel_field', 'runnel', 'runnel', array( 'name' => $name ) );
	}
}

/**
 * Prints one field.
 *
 * @param array $field Its name.
 */
function runnel_field( $field ) {
	$name  = $field['name'];
	$value = runnel_settings()[ $name ];
	$form  = 'runnel[' . $name . ']';
	if ( is_bool( RUNNEL_DEFAULTS[ $name ] ) ) {
		echo '<input type="checkbox" name="' . esc_attr( $form ) . '" value="1"' . ( $value ? ' checked' : '' ) . '>';
	} else {
		echo '<input type="text" class="regular-text" name="' . esc_attr( $form ) . '" value="' . esc_attr( $value ) . '">';
	}
}

/** Adds the page below Settings. */
function runnel_admin_menu() {
	add_options_page( 'Runnel', 'Runnel', 'manage_options', 'runnel', 'runnel_page' );
}

/** Prints the page. */
function runnel_page() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	echo '<div class="wrap"><h1>Runnel</h1><form action="options.php" method="post">';
	settings_fields( 'runnel' );
	do_settings_sections( 'runnel' );
	submit_button();
	echo '</form></div>';
}

/** Leaves nothing behind. */
function runnel_uninstall() {
	delete_option( 'runnel' );
}

add_action( 'wp_enqueue_scripts', 'runnel_enqueue' );
add_filter( 'script_loader_tag', 'runnel_script_tag', 10, 2 );
add_action( 'woocommerce_thankyou', 'runnel_order' );
add_action( 'admin_init', 'runnel_admin_init' );
add_action( 'admin_menu', 'runnel_admin_menu' );
register_uninstall_hook( __FILE__, 'runnel_uninstall' );
