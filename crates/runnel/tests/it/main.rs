//! One test program for the whole product: each file tells one story through real HTTP.
<<<<<<< HEAD
mod reports;
=======
mod convert;
>>>>>>> 2be5060 (Conversion flow: postbacks, browser calls and action fires down one road)
