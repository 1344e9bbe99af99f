<?php
// Runs the plug-in with stand-ins for WordPress' functions, and checks what it prints and stores.

define( 'ABSPATH', '/' );

$GLOBALS['hooks']   = array();
$GLOBALS['options'] = array();
$GLOBALS['scripts'] = array();
$GLOBALS['order']   = null;

function add_action( $name, $function ) { $GLOBALS['hooks'][ $name ] = $function; }
function add_filter( $name, $function ) { $GLOBALS['hooks'][ $name ] = $function; }
function apply_filters( $name, $value ) { return isset( $GLOBALS['hooks'][ $name ] ) ? $GLOBALS['hooks'][ $name ]( $value ) : $value; }
function register_uninstall_hook( $file, $function ) { $GLOBALS['hooks']['uninstall'] = $function; }
function get_option( $name, $default ) { return $GLOBALS['options'][ $name ] ?? $default; }
function delete_option( $name ) { unset( $GLOBALS['options'][ $name ] ); }
function sanitize_text_field( $text ) { return trim( preg_replace( '/[\r\n\t\0]+/', ' ', strip_tags( (string) $text ) ) ); }
function esc_attr( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function esc_html( $text ) { return htmlspecialchars( (string) $text, ENT_QUOTES ); }
function wp_json_encode( $value, $flags = 0 ) { return json_encode( $value, $flags ); }
function wp_enqueue_script( $handle, $address, $needs, $version, $how ) { $GLOBALS['scripts'][ $handle ] = array( $address, $version, $how ); }
function wp_add_inline_script( $handle, $text, $where ) { $GLOBALS['scripts'][ $handle ][] = array( $where, $text ); }
function wp_print_inline_script_tag( $text ) { echo '<script>' . $text . '</script>'; }
function wc_get_order( $id ) { return $GLOBALS['order']; }
function register_setting( $group, $name, $how ) { $GLOBALS['hooks']['sanitize'] = $how['sanitize_callback']; }
function add_settings_section() {}
function add_settings_field( $id, $title, $function, $page, $section, $arguments ) { $GLOBALS['fields'][] = array( $function, $arguments ); }

class Order {
	public $status = 'processing';
	public $total  = '49.90';
	public function has_status( $list ) { return in_array( $this->status, $list, true ); }
	public function get_id() { return 1042; }
	public function get_total() { return $this->total; }
	public function get_currency() { return 'EUR'; }
}

function printed( $function, ...$arguments ) {
	ob_start();
	$function( ...$arguments );
	return ob_get_clean();
}

function same( $expected, $found ) {
	if ( $expected !== $found ) {
		fwrite( STDERR, 'expected ' . var_export( $expected, true ) . ', found ' . var_export( $found, true ) . "\n" );
		debug_print_backtrace();
		exit( 1 );
	}
}

require __DIR__ . '/runnel/runnel.php';

// Nothing is loaded or printed before a domain is set.
$GLOBALS['order'] = new Order();
$GLOBALS['hooks']['wp_enqueue_scripts']();
same( array(), $GLOBALS['scripts'] );
same( '', printed( $GLOBALS['hooks']['woocommerce_thankyou'], 1042 ) );

// What people type is cleaned.
$GLOBALS['hooks']['admin_init']();
$clean = $GLOBALS['hooks']['sanitize'];
$typed = array( 'domain' => ' https://Go.Example.com/ ', 'f' => 'funnel000001', 'ts' => '"><script>', 'consent' => '1' );
$saved = array( 'domain' => 'go.example.com', 'f' => 'funnel000001', 'ts' => '', 'consent' => true, 'orders' => false );
same( $saved, $clean( $typed ) );
foreach ( array( 'evil"onload=', 'a b', '../x', '<b>', 'x.example/path', '' ) as $domain ) {
	same( '', $clean( array( 'domain' => $domain ) )['domain'] );
}
same( '', $clean( 'no array' )['domain'] );

// The tag, with its attributes.
$GLOBALS['options']['runnel'] = array_merge( $saved, array( 'orders' => true ) );
$GLOBALS['hooks']['wp_enqueue_scripts']();
list( $address, $version, $how, $inline ) = $GLOBALS['scripts']['runnel'];
same( 'https://go.example.com/js/flux.js', $address );
same( array( 'strategy' => 'async' ), $how );
same( array( 'before', RUNNEL_STUB ), $inline );
$element = "<script src='x' async></script>";
same( "<script data-f=\"funnel000001\" data-consent=\"required\" src='x' async></script>", $GLOBALS['hooks']['script_loader_tag']( $element, 'runnel' ) );
same( $element, $GLOBALS['hooks']['script_loader_tag']( $element, 'jquery' ) );

// A theme says which node a page is; its values are escaped.
add_filter( 'runnel_attributes', static function ( $attributes ) {
	return array( 'data-n' => 'a"b<', 'onload' => 'alert(1)' );
} );
same( "<script data-n=\"a&quot;b&lt;\" src='x' async></script>", $GLOBALS['hooks']['script_loader_tag']( $element, 'runnel' ) );

// An order is a conversion with its number and total; nothing in it can end the script.
$sale = 'flux.track("conversion",{"tx":"1042","rev":"49.90","currency":"EUR"})';
same( '<script>' . RUNNEL_STUB . ';' . $sale . '</script>', printed( $GLOBALS['hooks']['woocommerce_thankyou'], 1042 ) );
$GLOBALS['order']->total = '</script><script>alert(1)//';
same( 1, substr_count( printed( $GLOBALS['hooks']['woocommerce_thankyou'], 1042 ), '</script>' ) );
foreach ( array( 'failed', 'cancelled', 'refunded' ) as $status ) {
	$GLOBALS['order']->status = $status;
	same( '', printed( $GLOBALS['hooks']['woocommerce_thankyou'], 1042 ) );
}
$GLOBALS['order'] = false;
same( '', printed( $GLOBALS['hooks']['woocommerce_thankyou'], 1042 ) );

// The form shows what is stored, escaped.
$GLOBALS['options']['runnel']['domain'] = '"><script>';
$form = '';
foreach ( $GLOBALS['fields'] as list( $function, $arguments ) ) {
	$form .= printed( $function, $arguments );
}
same( false, strpos( $form, '<script>' ) );
same( 5, substr_count( $form, '<input ' ) );

// Nothing is left behind.
$GLOBALS['hooks']['uninstall']();
same( array(), $GLOBALS['options'] );
echo "ok\n";
