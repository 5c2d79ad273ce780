//! Connections that break: with a reset, or in the middle of an answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Ends a connection without an answer, or in the middle of one.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks on purpose")]
pub(super) struct Broken;

/// A TCP connection that ends with a reset once its flag is up.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Line {
    /// A connection that ends in the usual way until `reset` is set.
    pub(super) fn new(stream: TcpStream, reset: Arc<AtomicBool>) -> Self {
        Self { stream, reset }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // A connection that is already gone cannot be reset, and need not be.
            self.stream.set_zero_linger().unwrap_or_default();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The first half of a body, after which the connection breaks.
#[derive(Debug)]
pub(super) struct Half {
    first: Option<Bytes>,
    promised: u64,
    flushed: bool,
}

impl Half {
    /// Half of `whole`, announced as all of it.
    pub(super) fn of(whole: &Bytes) -> Self {
        let promised = u64::try_from(whole.len()).unwrap_or(u64::MAX);
        Self { first: Some(whole.slice(..whole.len() / 2)), promised, flushed: false }
    }
}

impl Body for Half {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if !self.flushed {
            // What there is goes out before the connection breaks.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Broken)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
